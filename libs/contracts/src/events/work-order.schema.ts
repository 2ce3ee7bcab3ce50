import type { LocatedEnvironment, WorkOrder } from '@uplift/domain';
import { UPGRADE_STAGES } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import { plain } from '../schema/schema';
import {
  count,
  name,
  named,
  nullable,
  objectWith,
  oneOf,
  text,
  timestamp,
  wholeNumber,
} from '../schema/schema-builders';
import { profile } from './profile.schema';
import { healthyStatus } from './status.schema';
import { strategy, upgradeTarget } from './upgrade-target.schema';

const located: Schema<LocatedEnvironment> = named(
  'LocatedEnvironment',
  objectWith<LocatedEnvironment>(
    { projectId: wholeNumber, environmentId: wholeNumber, route: nullable(text) },
    { deployType: name },
  ),
);

const yes: Schema<true> = plain({ const: true });

export const workOrder: Schema<WorkOrder> = named(
  'WorkOrder',
  objectWith<WorkOrder>(
    {
      upgradeId: name,
      attempt: count,
      profile,
      located: nullable(located),
      strategy,
      target: nullable(upgradeTarget),
      originStatus: healthyStatus,
      deadlineAt: timestamp,
    },
    { waveId: name, cancelRequested: yes },
  ),
);

export const stage = oneOf(UPGRADE_STAGES);
