import type { HealthyStatus, InstanceStatus, RunningStatus } from '@uplift/domain';
import { HEALTHY_STATUSES, INSTANCE_STATUSES, RUNNING_STATUSES } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import { named, oneOf } from '../schema/schema-builders';

export const instanceStatus: Schema<InstanceStatus> = named(
  'InstanceStatus',
  oneOf(INSTANCE_STATUSES),
);
export const runningStatus: Schema<RunningStatus> = named('RunningStatus', oneOf(RUNNING_STATUSES));
export const healthyStatus: Schema<HealthyStatus> = named('HealthyStatus', oneOf(HEALTHY_STATUSES));
