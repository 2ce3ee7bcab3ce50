import type { RunningUplift } from '../../support/running-uplift';

/** On a slow machine Lagoon and the apps answer late, which is no outage of theirs. */
export const PATIENCE = { UPLIFT_CALL_TIMEOUT_MS: '30000', UPLIFT_PROBE_WINDOW_MS: '60000' };
/** A call that was held back is given up, and explained, well within the outage. */
export const LIMITS = { ...PATIENCE, UPLIFT_CALL_LEASE_MS: '1000' };

export const LAGOON = 'lagoon:default';

/** One wait for Lagoon in the whole history of the instance, and its end. */
export function waitedOnce({ log }: RunningUplift, instanceId: string): boolean {
  const waits = log
    .of(instanceId)
    .filter(({ type }) => type === 'WaitingFor' || type === 'WaitEnded');
  const isForLagoon = waits.every(
    ({ data }) => (data as { readonly target?: string }).target === LAGOON,
  );
  return isForLagoon && waits.map(({ type }) => type).join() === 'WaitingFor,WaitEnded';
}

/** What happened to an instance, for people. */
export function storyOf({ log }: RunningUplift, instanceId: string): string {
  const events = log
    .of(instanceId)
    .map(({ type, recordedAt, metadata }) => `${recordedAt} ${type} ${metadata.actor.id}`);
  return [instanceId, ...events].join('\n');
}

/** Stories of those that have not told what they wait for. */
export function unexplained(uplift: RunningUplift, instanceIds: readonly string[]): string[] {
  return without('WaitingFor', uplift, instanceIds);
}

/** Stories of those that have not told that a wait is over. */
export function stillWaiting(uplift: RunningUplift, instanceIds: readonly string[]): string[] {
  return without('WaitEnded', uplift, instanceIds);
}

function without(type: string, uplift: RunningUplift, instanceIds: readonly string[]): string[] {
  return instanceIds
    .filter((id) => !uplift.log.typesOf(id).includes(type))
    .map((id) => storyOf(uplift, id));
}
