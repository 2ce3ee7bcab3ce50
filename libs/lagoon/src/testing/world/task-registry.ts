import type { Environment } from './environment';
import type { Task } from './tasks';
import type { WorldContext } from './world-context';

export interface TaskOrder {
  readonly name: string;
  /** Null: Lagoon's own choice, `cli`. */
  readonly service: string | null;
  readonly command: string | null;
}

/** Runs tasks and knows every row. */
export class TaskRegistry {
  readonly byId = new Map<number, Task>();
  /** Set: every new task ends at once with this status. */
  endsAtOnce: 'complete' | 'failed' | null = null;

  constructor(private readonly context: WorldContext) {}

  run(environment: Environment, order: TaskOrder): Task {
    const { clock, options, nextId, observer } = this.context;
    const seconds = environment.taskSeconds ?? (clock.instant ? 0 : options.taskSeconds);
    const task: Task = {
      ...order,
      id: nextId(),
      environmentId: environment.id,
      taskName: `lagoon-task-${this.context.word(6)}`,
      createdAt: clock.now(),
      durationMs: this.endsAtOnce === null ? seconds * 1000 : 0,
      result: this.endsAtOnce ?? resultOf(environment, order),
      end: null,
    };
    this.byId.set(task.id, task);
    environment.tasks.push(task);
    observer.onTask(task);
    return task;
  }
}

function resultOf(environment: Environment, { service }: TaskOrder): Task['result'] {
  if (!environment.services.includes(service ?? 'cli')) return 'lost';
  if (environment.failTasks === 0) return 'complete';
  environment.failTasks -= 1;
  return 'failed';
}
