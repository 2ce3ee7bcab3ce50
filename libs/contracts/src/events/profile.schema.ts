import type { InstanceProfile, TaskScript } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import { list, name, named, nullable, object, text, wholeNumber } from '../schema/schema-builders';

const taskScript: Schema<TaskScript> = named(
  'TaskScript',
  object<TaskScript>({ service: name, command: name }),
);

export const profile: Schema<InstanceProfile> = named(
  'InstanceProfile',
  object<InstanceProfile>({
    project: name,
    projectId: nullable(wholeNumber),
    environment: name,
    core: name,
    app: name,
    scripts: object({ preUpgrade: nullable(taskScript), postUpgrade: nullable(taskScript) }),
    healthProbe: object({ path: text, acceptStatuses: list(wholeNumber) }),
  }),
);
