import type { Failure, InstanceEvent, InstanceEventOf } from './instance.events';
import type { InFlightStatus } from './in-flight-status';

type FailureEvent = InstanceEventOf<
  'PreUpgradeFailed' | 'UpgradeFailed' | 'PostUpgradeFailed' | 'InstanceFoundUnresponsive'
>;

/** What an upgrade ends in when nothing more happens in a status. */
const FAILS_AS: Record<InFlightStatus, FailureEvent['type']> = {
  'pending-pre-upgrade': 'PreUpgradeFailed',
  'pre-upgrade-running': 'PreUpgradeFailed',
  'pre-upgrade-completed': 'PreUpgradeFailed',
  'pending-upgrade': 'UpgradeFailed',
  'upgrade-running': 'UpgradeFailed',
  'upgrade-completed': 'UpgradeFailed',
  'pending-post-upgrade': 'PostUpgradeFailed',
  'post-upgrade-running': 'PostUpgradeFailed',
  'post-upgrade-completed': 'InstanceFoundUnresponsive',
};

/** The end of an attempt that goes no further than a status. */
export function failureIn(status: InFlightStatus, data: Failure): InstanceEvent {
  return { type: FAILS_AS[status], data };
}
