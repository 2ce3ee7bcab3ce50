import type { Environment } from './environment';
import type { WorldContext } from './context';
import type { Task } from './tasks';

export interface TaskOrder {
  readonly name: string;
  /** Null: Lagoon's own choice, `cli`. */
  readonly service: string | null;
  readonly command: string | null;
}

/** Runs tasks and knows every row. */
export class TaskRegistry {
  readonly byId = new Map<number, Task>();
  readonly byTaskName = new Map<string, Task>();
  /** Told of every task row the moment it exists. */
  onTask: (task: Task) => void = () => undefined;

  constructor(private readonly context: WorldContext) {}

  run(environment: Environment, order: TaskOrder): Task {
    const { clock, options, random, nextId } = this.context;
    const known = environment.services.includes(order.service ?? 'cli');
    const fails = known && environment.failTasks > 0;
    if (fails) environment.failTasks -= 1;
    const task: Task = {
      ...order,
      id: nextId(),
      environmentId: environment.id,
      taskName: `lagoon-task-${random.word(6)}`,
      createdAt: clock.now(),
      durationMs: clock.instant ? 0 : options.taskSeconds * 1000,
      result: fails ? 'failed' : known ? 'complete' : 'lost',
      cancelledAt: null,
    };
    this.byId.set(task.id, task);
    this.byTaskName.set(task.taskName, task);
    environment.tasks.push(task);
    this.onTask(task);
    return task;
  }
}
