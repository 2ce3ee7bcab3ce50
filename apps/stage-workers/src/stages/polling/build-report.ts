import type { FailureReason, WorkerCommand, WorkOrder } from '@uplift/domain';
import type { LagoonDeployment } from '@uplift/lagoon';
import { completedWithWarnings } from '@uplift/lagoon';
import { failpoint } from '@uplift/runtime';
import type { InstanceSession, Submission } from '../../runner/instance-session';

/** Records what was seen of a build that goes on. */
export async function recordSight(
  session: InstanceSession,
  command: WorkerCommand,
): Promise<Submission> {
  await failpoint('deploy.E8');
  return session.submit(command);
}

/** Records how it ended. */
export async function recordEnd(session: InstanceSession, command: WorkerCommand): Promise<void> {
  await failpoint('deploy.E8');
  await failpoint('deploy.E9');
  await session.submit(command);
}

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
  reason: FailureReason,
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

/** Lagoon's own times of a build, whole milliseconds; null where Lagoon gave none. */
export function buildTimes({ created, started, completed }: LagoonDeployment): {
  readonly queuedMs: number | null;
  readonly buildMs: number | null;
} {
  return { queuedMs: between(created, started), buildMs: between(started, completed) };
}

function between(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
