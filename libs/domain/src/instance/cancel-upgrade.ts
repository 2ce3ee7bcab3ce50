import type { InstanceStatus } from '../status';
import { cancelled } from './events-of-call';
import type { InstanceCommandData } from './instance.commands';
import { CancelTooLateError, UpgradeNotInFlightError } from './instance.errors';
import type { InstanceEvent } from './instance.events';
import type { RestingInstance, UpgradingInstance } from './instance.state';

/** Where nothing was triggered an upgrade ends at once; a deployment is stopped by its worker. */
const ENDS_AT_ONCE: readonly InstanceStatus[] = [
  'pending-pre-upgrade',
  'pre-upgrade-running',
  'pre-upgrade-completed',
  'pending-upgrade',
];

export function cancelUpgrade(
  { upgradeId, requestedBy, reason }: InstanceCommandData['CancelUpgrade'],
  state: RestingInstance | UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.kind === 'resting') return afterTheEnd(upgradeId, state);
  const { workOrder, status } = state;
  if (workOrder.upgradeId !== upgradeId) throw new UpgradeNotInFlightError(status, upgradeId);
  if (workOrder.cancelRequested) return [];
  const { attempt } = workOrder;
  const requested: InstanceEvent = {
    type: 'UpgradeCancelRequested',
    data: { upgradeId, attempt, requestedBy, reason },
  };
  if (ENDS_AT_ONCE.includes(status)) return [requested, cancelled(state)];
  if (status === 'upgrade-running') return [requested];
  throw new CancelTooLateError(status, upgradeId);
}

function afterTheEnd(
  upgradeId: string,
  { status, lastUpgrade }: RestingInstance,
): readonly InstanceEvent[] {
  const isDone = lastUpgrade?.workOrder.upgradeId === upgradeId && lastUpgrade.isCancelled;
  if (isDone) return [];
  throw new UpgradeNotInFlightError(status, upgradeId);
}
