import type { InstanceStatus } from '../status';
import { HEALTHY_STATUSES, INSTANCE_STATUSES, RUNNING_STATUSES } from '../status';
import type { InstanceEventType } from './instance.events';
import { isInFlight, STATUS_BEFORE_STAGE } from './in-flight-status';
import { LIFECYCLE } from './instance.lifecycle';

/** Every status an event can lead to; none if it leaves the status as it is. */
export function destinationsOf(type: InstanceEventType): readonly InstanceStatus[] {
  switch (type) {
    case 'InstanceRegistered':
      return INSTANCE_STATUSES.filter((status) => !isInFlight(status));
    case 'HealthReported':
      return RUNNING_STATUSES;
    case 'InstanceVerifiedHealthy':
    case 'UpgradeCancelled':
      return HEALTHY_STATUSES;
    case 'UpgradeRetried':
      return Object.values(STATUS_BEFORE_STAGE);
    default: {
      const { to } = LIFECYCLE[type];
      return to === 'unchanged' ? [] : [to];
    }
  }
}
