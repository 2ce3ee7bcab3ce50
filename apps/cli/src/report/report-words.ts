import { duration, durationOrNone } from './duration';
import type { FleetNumbers } from './fleet-report.page';
import type { StageReport, UpgradeReport } from './upgrade-report';

/** One upgrade for a terminal. */
export function upgradeWords(report: UpgradeReport): readonly string[] {
  const { instance, upgrade, stages, timeline, at } = report;
  const { outcome, attempt, requestedAt, requestedBy, reason, endedAt, failure } = upgrade;
  return [
    `${instance.project}/${instance.environment}: ${outcome}, attempt ${attempt}, ${upgrade.strategy}`,
    `Requested ${requestedAt} by ${requestedBy}: ${reason}`,
    endedAt === null ? `In flight, seen at ${at}` : `Ended ${endedAt}`,
    ...stages.map(stageWords),
    ...(failure === null ? [] : [`Failed: ${failure.reason} [${failure.reasonClass}]`]),
    `${timeline.length} events; --html <file> writes them, and a picture, as a page`,
  ];
}

function stageWords({ stage, queuedMs, activeMs, waitingMs, isOpen }: StageReport): string {
  const times = [
    `queued ${duration(queuedMs)}`,
    `active ${duration(activeMs)}`,
    `waiting ${duration(waitingMs)}`,
  ];
  return `  ${stage.padEnd(12)}  ${times.join(', ')}${isOpen ? ', goes on' : ''}`;
}

/** The fleet for a terminal. */
export function fleetWords({ instances, upgrades, stages }: FleetNumbers): readonly string[] {
  return [
    `${instances.total} instances`,
    ...countWords(instances.byStatus),
    `${upgrades.total} upgrades`,
    ...countWords(upgrades.byOutcome),
    'Stages: half of the upgrades, and 95 of a hundred, in',
    ...stages.map(({ stage, count, queuedMs, activeMs }) => {
      const queued = `queued ${durationOrNone(queuedMs.p50)}, ${durationOrNone(queuedMs.p95)}`;
      const active = `active ${durationOrNone(activeMs.p50)}, ${durationOrNone(activeMs.p95)}`;
      return `  ${stage.padEnd(12)}  ${queued}; ${active}; of ${count}`;
    }),
  ];
}

function countWords(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).map(([name, count]) => `${String(count).padStart(7)}  ${name}`);
}
