import type { LedgerPage } from '../../tools/lagoon-simulator/src';
import type { Row } from '../benchmark';
import type { LoadedUpgrade } from '../pipeline/upgrade-load';
import { timeOf } from '../pipeline/upgrade-load';
import { SPEED } from './instance-polling';

const POLL_AIM = { lessThan: 0.25 };

/** What each operation is asked for; the order of the rows. */
const PURPOSES: Readonly<Record<string, string>> = {
  'query FindEnvironment': 'look-ups',
  'query FindEnvironments': 'look-ups',
  'query DeploymentsOf': 'look-ups',
  'query VariablesOf': 'look-ups',
  'mutation DeployLatest': 'triggers',
  'mutation DeployBranch': 'triggers',
  'mutation DeployPromote': 'triggers',
  'query DeploymentsOfMany': 'polls',
  'query DeploymentsByBulkId': 'polls',
  'mutation AddTask': 'tasks',
  'query TaskById': 'tasks',
  'query TasksOf': 'tasks',
  'query NamesOf': 'health',
  'query ServicesOf': 'health',
  'mutation Unidle': 'health',
  'query Ping': 'health',
};

/** Requests of one fleet's upgrades, by purpose. Throws on an operation that has none here. */
export function requestRows(
  section: string,
  { requests, total, healthProbes }: LedgerPage,
  upgrades: readonly LoadedUpgrade[],
): Row[] {
  const counts = new Map(Object.values(PURPOSES).map((purpose) => [purpose, 0]));
  for (const [operation, count] of Object.entries(requests)) {
    const purpose = PURPOSES[operation];
    if (!purpose) throw new Error(`The benchmark does not know what ${operation} is for`);
    counts.set(purpose, (counts.get(purpose) ?? 0) + count);
  }
  const perUpgrade = (measure: string, count: number) => {
    const figure = { value: count / upgrades.length, unit: 'per upgrade' };
    return {
      section,
      measure,
      figures: [measure === 'polls' ? { ...figure, aim: POLL_AIM } : figure],
    };
  };
  return [
    ...[...counts].map(([purpose, count]) => perUpgrade(purpose, count)),
    perUpgrade('all', total),
    perUpgrade('health probes of the apps', healthProbes),
    { section, measure: 'builds under way at once', figures: [peakFigure(upgrades)] },
    { section, measure: 'accepted → complete', figures: [spanFigure(upgrades)] },
  ];
}

function peakFigure(upgrades: readonly LoadedUpgrade[]) {
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

function spanFigure(upgrades: readonly LoadedUpgrade[]) {
  const spans = upgrades.map(
    (upgrade) => timeOf(upgrade, 'UpgradeCompleted') - timeOf(upgrade, 'DeploymentAccepted'),
  );
  const mean = spans.reduce((sum, span) => sum + span, 0) / spans.length;
  return { value: (mean * SPEED) / 60_000, unit: 'simulated min' };
}
