import type { InstanceEvent } from '@uplift/domain';
import type { LedgerPage } from '../../../tools/lagoon-simulator/src';
import type { StartedUpgrade } from './crash-stand';

const OUTCOMES: Readonly<Record<string, readonly InstanceEvent['type'][]>> = {
  DeploymentRequested: ['DeploymentAccepted', 'CallNotLanded', 'CallRefused'],
  ScriptRequested: ['ScriptAccepted', 'CallNotLanded', 'CallRefused'],
};

/** What is wrong with what an upgrade did to Lagoon; empty if nothing is. */
export function faultsOf(
  { marker }: StartedUpgrade,
  events: readonly InstanceEvent[],
  { buildsByBulkName, tasksByName }: Pick<LedgerPage, 'buildsByBulkName' | 'tasksByName'>,
): readonly string[] {
  const builds = buildsByBulkName[marker] ?? [];
  const tasks = ['pre', 'post'].map((step) => tasksByName[`${marker}-${step}`]?.length ?? 0);
  return [
    ...(builds.length === 1 ? [] : [`${marker} has ${builds.length} builds`]),
    ...tasks.flatMap((count) => (count === 1 ? [] : [`${marker} ran a script ${count} times`])),
    ...openIntents(events).map((type) => `${marker}: ${type} without an outcome`),
  ];
}

/** Intents that no event says the end of. */
function openIntents(events: readonly InstanceEvent[]): readonly string[] {
  return events.flatMap(({ type }, index) => {
    const outcomes = OUTCOMES[type];
    if (outcomes === undefined) return [];
    const isClosed = events.slice(index + 1).some((event) => outcomes.includes(event.type));
    return isClosed ? [] : [type];
  });
}
