import type { UpgradingInstance } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { Lagoon } from '@uplift/lagoon';
import { deploymentPhase, taskPhase } from '@uplift/lagoon';

const NEWEST_BUILDS = 20;

/** Something of one attempt that runs in Lagoon and can be stopped. */
export type CancelTarget =
  | { readonly kind: 'build'; readonly environmentId: number; readonly buildName: string }
  | { readonly kind: 'task'; readonly taskId: number };

/**
 * What of the attempt still runs, duplicates included; nothing once all of it has ended. A build that Lagoon
 * does not show yet counts as running. Throws as reads of Lagoon do.
 */
export function runningOf(
  lagoon: Lagoon,
  upgrade: UpgradingInstance,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  if (upgrade.task !== null) return runningTask(lagoon, upgrade.task.taskId, signal);
  return runningBuilds(lagoon, upgrade, signal);
}

async function runningBuilds(
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

/** A task that has ended is let be: Lagoon would overwrite how it ended. */
async function runningTask(
  lagoon: Lagoon,
  taskId: number,
  signal: AbortSignal,
): Promise<readonly CancelTarget[]> {
  const task = await lagoon.taskById(taskId, signal);
  const isRunning = task !== null && taskPhase(task.status) === 'active';
  return isRunning ? [{ kind: 'task', taskId }] : [];
}
