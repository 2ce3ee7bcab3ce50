import type { CommandScript, RegisteredScript, TaskScript } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import { either, name, named, object } from '../schema/schema-builders';

export const taskScript: Schema<TaskScript> = named(
  'TaskScript',
  either(
    object<CommandScript>({ service: name, command: name }),
    object<RegisteredScript>({ registeredTask: name }),
  ),
);
