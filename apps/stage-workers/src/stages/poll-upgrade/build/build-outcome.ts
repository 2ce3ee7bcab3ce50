import type { WorkerCommand, WorkOrder } from '@uplift/domain';
import type { LagoonDeployment } from '@uplift/lagoon';
import { completedWithWarnings } from '@uplift/lagoon';
import { buildTimes } from './build-times';

/** `last` is ours, or the one that took its place and brought the environment to where it is. */
export function completed(
  { upgradeId, attempt }: WorkOrder,
  { name: buildName }: LagoonDeployment,
  last: LagoonDeployment,
): WorkerCommand {
  const warnings = completedWithWarnings(last.buildStep);
  const data = { upgradeId, attempt, buildName, warnings, ...buildTimes(last) };
  return { type: 'CompleteUpgrade', data };
}

export function failed(
  { upgradeId, attempt }: WorkOrder,
  reason: string,
  { name: buildName, status, buildStep }: LagoonDeployment,
): WorkerCommand {
  const evidence = { buildName, status, buildStep };
  return { type: 'FailUpgrade', data: { upgradeId, attempt, reason, evidence, retryable: true } };
}

/** Ours was stopped: at our wish, or at the wish of somebody who put nothing in its place. */
export function cancellation(order: WorkOrder, row: LagoonDeployment): WorkerCommand {
  if (order.cancelRequested !== true) return failed(order, 'deployment-cancelled', row);
  const { upgradeId, attempt } = order;
  return { type: 'ConfirmCancel', data: { upgradeId, attempt, buildName: row.name } };
}
