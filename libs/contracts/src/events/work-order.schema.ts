import type { LocatedEnvironment, UpgradeTarget, WorkOrder } from '@uplift/domain';
import { UPGRADE_STAGES, UPGRADE_STRATEGIES } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import {
  count,
  name,
  named,
  nullable,
  object,
  oneOf,
  text,
  timestamp,
  wholeNumber,
} from '../schema/schema-builders';
import { profile } from './profile.schema';
import { healthyStatus } from './status.schema';

const located: Schema<LocatedEnvironment> = named(
  'LocatedEnvironment',
  object<LocatedEnvironment>({
    projectId: wholeNumber,
    environmentId: wholeNumber,
    route: nullable(text),
  }),
);

export const workOrder: Schema<WorkOrder> = named(
  'WorkOrder',
  object<WorkOrder>({
    upgradeId: name,
    attempt: count,
    profile,
    located: nullable(located),
    strategy: oneOf(UPGRADE_STRATEGIES),
    target: nullable(object<UpgradeTarget>({ ref: name })),
    originStatus: healthyStatus,
    deadlineAt: timestamp,
  }),
);

export const stage = oneOf(UPGRADE_STAGES);
