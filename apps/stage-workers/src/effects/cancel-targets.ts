import type { TaskReference, UpgradingInstance } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { CallAnswer, Lagoon } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';

const NEWEST_BUILDS = 20;

/** Something of one attempt that runs in Lagoon and can be stopped. */
export type CancelTarget =
  | { readonly kind: 'build'; readonly environmentId: number; readonly buildName: string }
  | ({ readonly kind: 'task' } & TaskReference);

export function nameOf(target: CancelTarget): string {
  return target.kind === 'build' ? target.buildName : target.taskName;
}

export function cancel(
  lagoon: Lagoon,
  target: CancelTarget,
  signal: AbortSignal,
): Promise<CallAnswer> {
  return target.kind === 'build'
    ? lagoon.cancelDeployment(target, signal)
    : lagoon.cancelTask(target.taskId, signal);
}

/**
 * What of the attempt's builds still runs, duplicates included; nothing once all of them have ended. A build that
 * Lagoon does not show yet counts as running. Throws as reads of Lagoon do.
 */
export async function runningBuilds(
  lagoon: Lagoon,
  { workOrder, deployment }: UpgradingInstance,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  if (workOrder.located === null || deployment === null) return [];
  const { environmentId } = workOrder.located;
  const { buildName } = deployment;
  const rows = await lagoon.deploymentsOf(environmentId, { limit: NEWEST_BUILDS }, signal);
  const marker = markerOf(workOrder);
  const ours = rows.filter(({ name, bulkName }) => name === buildName || bulkName === marker);
  const active = ours.filter(({ status }) => deploymentPhase(status) === 'active');
  const isShown = ours.some(({ name }) => name === buildName);
  const names = [...active.map(({ name }) => name), ...(isShown ? [] : [buildName])];
  return names.map((name) => ({ kind: 'build', environmentId, buildName: name }));
}
