import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { Attempt, Failure, InstanceState, WorkOrder } from '@uplift/domain';
import { markerOf, scriptMarkerOf } from '@uplift/domain';

/** An attempt that ended without anybody knowing what became of its effect in Lagoon. */
export interface GivenUp extends Attempt {
  readonly core: string;
  readonly environmentId: number;
  readonly effect: 'deployment' | 'script';
  readonly marker: string;
}

/** Failures that do not say how the effect ended. */
const WITHOUT_OUTCOME = ['stage-timed-out', 'outcome-unknown'];

/** Null for a failure that leaves nothing open, and for an attempt that is not the instance's newest. */
export function givenUpIn(message: StoredEvent, order: WorkOrder): GivenUp | null {
  const event = toInstanceEvent(message);
  if (event.type !== 'UpgradeFailed' || !hadIntent(event.data)) return null;
  const { upgradeId, attempt } = event.data;
  const isNewest = order.upgradeId === upgradeId && order.attempt === attempt;
  if (!isNewest || order.located === null) return null;
  const { environmentId } = order.located;
  const { core } = order.profile;
  const place = { upgradeId, attempt, core, environmentId };
  return order.strategy === 'script'
    ? { ...place, effect: 'script', marker: scriptMarkerOf(order, 'upgrade') }
    : { ...place, effect: 'deployment', marker: markerOf(order) };
}

function hadIntent({ reason, evidence }: Failure): boolean {
  return WITHOUT_OUTCOME.includes(reason) && evidence.status !== 'pending-upgrade';
}

/** False once the outcome is known, or the instance has gone on in another way. */
export function isOpenIn(state: InstanceState, { upgradeId, attempt }: Attempt): boolean {
  if (state.kind !== 'resting' || state.status !== 'upgrade-failed') return false;
  const { lastUpgrade } = state;
  if (lastUpgrade === null || lastUpgrade.lateOutcomeSeen) return false;
  const { workOrder } = lastUpgrade;
  return workOrder.upgradeId === upgradeId && workOrder.attempt === attempt;
}
