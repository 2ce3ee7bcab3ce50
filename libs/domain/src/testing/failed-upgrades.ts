import type { InstanceEvent, InstanceEventOf } from '../instance/instance.events';
import type { InFlightStatus } from '../status';
import { event } from './examples';
import { HISTORY_INTO } from './histories';

type Ending = Extract<InstanceEvent, { data: { retryable: boolean } }>['type'];

export const failedIn = (
  status: InFlightStatus,
  type: Ending,
  changes: Partial<InstanceEventOf<'UpgradeFailed'>['data']> = {},
): readonly InstanceEvent[] => [...HISTORY_INTO[status], event(type, changes)];

export const UNDEPLOYED = failedIn('upgrade-running', 'UpgradeFailed');
export const TIMED_OUT = failedIn('upgrade-running', 'UpgradeFailed', {
  reason: 'stage-timed-out',
});
export const POST_FAILED = failedIn('post-upgrade-running', 'PostUpgradeFailed');
export const ILL = failedIn('post-upgrade-completed', 'InstanceFoundUnhealthy');
