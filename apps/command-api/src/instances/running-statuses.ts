import { INSTANCE_STATUSES, isRunning } from '@uplift/domain';

/** The only statuses an app may report. */
export const RUNNING_STATUSES = INSTANCE_STATUSES.filter(isRunning);
