import { instanceDecider } from '../instance/instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import type { InFlightStatus } from '../instance/in-flight-status';
import type { WorkOrder } from '../instance/work-order';
import { givenFor } from './decider-spec';
import { event } from './example-events';

export const given = givenFor(instanceDecider);

/** One whole upgrade, every event of it in order. */
export const WHOLE_UPGRADE: readonly InstanceEvent[] = [
  event('InstanceRegistered'),
  event('UpgradeRequested'),
  event('PreUpgradeStarted'),
  event('PreUpgradeCompleted'),
  event('UpgradePending'),
  event('UpgradeStarted'),
  event('DeploymentRequested'),
  event('DeploymentAccepted'),
  event('DeploymentProgressed'),
  event('UpgradeCompleted'),
  event('PostUpgradePending'),
  event('PostUpgradeStarted'),
  event('PostUpgradeCompleted'),
  event('InstanceVerifiedHealthy'),
];

/** The whole upgrade up to and including the first event of a type. */
export function upTo(type: InstanceEvent['type']): readonly InstanceEvent[] {
  return WHOLE_UPGRADE.slice(0, WHOLE_UPGRADE.findIndex((each) => each.type === type) + 1);
}

/** The shortest way into every status of the path. */
export const HISTORY_INTO: Record<InFlightStatus, readonly InstanceEvent[]> = {
  'pending-pre-upgrade': upTo('UpgradeRequested'),
  'pre-upgrade-running': upTo('PreUpgradeStarted'),
  'pre-upgrade-completed': upTo('PreUpgradeCompleted'),
  'pending-upgrade': upTo('UpgradePending'),
  'upgrade-running': upTo('DeploymentAccepted'),
  'upgrade-completed': upTo('UpgradeCompleted'),
  'pending-post-upgrade': upTo('PostUpgradePending'),
  'post-upgrade-running': upTo('PostUpgradeStarted'),
  'post-upgrade-completed': upTo('PostUpgradeCompleted'),
};

/** The events, with some members of every work order changed. */
export function ordering(
  changes: Partial<WorkOrder>,
  events: readonly InstanceEvent[],
): readonly InstanceEvent[] {
  return events.map((each) => {
    if (!('workOrder' in each.data)) return each;
    const workOrder = { ...each.data.workOrder, ...changes };
    return { ...each, data: { ...each.data, workOrder } } as InstanceEvent;
  });
}
