import type { LagoonWorld } from '../world/lagoon-world';
import type { ArgumentValue } from '../world/registered-task';
import { commandOf } from '../world/registered-task';
import { environmentIn } from './located';
import { MAX_NAME, refuseTask } from './refusals';
import type { WorkRows } from './work-rows';

interface TaskInput {
  readonly name: string;
  readonly environment: number;
  readonly service?: string | null;
  readonly command?: string | null;
}

interface Invocation {
  readonly advancedTaskDefinition: number;
  readonly environment: number;
  readonly argumentValues?: readonly ArgumentValue[] | null;
}

/** The mutations that start a task. */
export function taskMutationsOf({ places, tasks }: LagoonWorld, rows: WorkRows) {
  return {
    addTask: ({ input }: { input: TaskInput }) => {
      const environment = environmentIn(places, { id: input.environment });
      refuseTask(environment);
      if (input.name.length > MAX_NAME) throw new Error("Data too long for column 'name'");
      const { name, service = null, command = null } = input;
      return rows.task(tasks.run(environment, { name, service, command }));
    },

    invokeRegisteredTask: (call: Invocation) => {
      const environment = environmentIn(places, { id: call.environment });
      refuseTask(environment);
      const { registeredTasks } = environment;
      const task = registeredTasks.find(({ id }) => id === call.advancedTaskDefinition);
      if (task === undefined) {
        throw new Error(`Task '${call.advancedTaskDefinition}' could not be found.`);
      }
      const command = commandOf(task, call.argumentValues ?? []);
      const { name, service = null } = task;
      return rows.task(tasks.run(environment, { name, service, command }));
    },
  };
}
