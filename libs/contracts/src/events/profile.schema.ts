import type { InstanceProfile } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import {
  list,
  name,
  named,
  nullable,
  object,
  objectWith,
  text,
  wholeNumber,
} from '../schema/schema-builders';
import { taskScript } from './task-script.schema';
import { upgradePlan } from './upgrade-target.schema';

export const profile: Schema<InstanceProfile> = named(
  'InstanceProfile',
  objectWith<InstanceProfile>(
    {
      project: name,
      projectId: nullable(wholeNumber),
      environment: name,
      core: name,
      app: name,
      scripts: object({ preUpgrade: nullable(taskScript), postUpgrade: nullable(taskScript) }),
      healthProbe: object({ path: text, acceptStatuses: list(wholeNumber) }),
    },
    { upgrade: upgradePlan },
  ),
);
