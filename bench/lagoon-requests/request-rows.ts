import type { LedgerPage } from '../../tools/lagoon-simulator/src';
import type { Row } from '../benchmark';
import type { UpgradeTimes } from '../pipeline/upgrade-load';
import { REQUEST_KINDS, requestsByKind } from './request-kinds';
import { SPEED } from './simulated-time';

const POLL_AIM = { lessThan: 0.25 };

/** Requests of one fleet's upgrades, by purpose. */
export function requestRows(
  section: string,
  page: LedgerPage,
  upgrades: readonly UpgradeTimes[],
): Row[] {
  const counts = requestsByKind(page);
  const rows = REQUEST_KINDS.map((kind) => {
    const figure = { value: (counts.get(kind) ?? 0) / upgrades.length, unit: 'per upgrade' };
    return {
      section,
      measure: kind,
      figures: [kind === 'polls' ? { ...figure, aim: POLL_AIM } : figure],
    };
  });
  const per = (value: number) => value / upgrades.length;
  return [
    ...rows,
    { section, measure: 'all', figures: [{ value: per(page.total), unit: 'per upgrade' }] },
    {
      section,
      measure: 'health probes of the apps',
      figures: [{ value: per(page.healthProbes), unit: 'per upgrade' }],
    },
    { section, measure: 'builds under way at once', figures: [peakFigure(upgrades)] },
    { section, measure: 'accepted → complete', figures: [spanFigure(upgrades)] },
  ];
}

function peakFigure(upgrades: readonly UpgradeTimes[]) {
  const changes = upgrades.flatMap((upgrade) => [
    { at: timeOf(upgrade, 'DeploymentAccepted'), by: 1 },
    { at: timeOf(upgrade, 'UpgradeCompleted'), by: -1 },
  ]);
  let underWay = 0;
  let peak = 0;
  for (const { by } of changes.sort((one, other) => one.at - other.at)) {
    underWay += by;
    peak = Math.max(peak, underWay);
  }
  return { value: peak, unit: 'at most' };
}

function spanFigure(upgrades: readonly UpgradeTimes[]) {
  const spans = upgrades.map(
    (upgrade) => timeOf(upgrade, 'UpgradeCompleted') - timeOf(upgrade, 'DeploymentAccepted'),
  );
  const mean = spans.reduce((sum, span) => sum + span, 0) / spans.length;
  return { value: (mean * SPEED) / 60_000, unit: 'simulated min' };
}

function timeOf({ events }: UpgradeTimes, type: string): number {
  const event = events.find((each) => each.type === type);
  if (event === undefined) throw new Error(`An upgrade has no ${type} in the store`);
  return event.at;
}
