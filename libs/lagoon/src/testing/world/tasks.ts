import type { BuildEnd } from './builds';

/** A script that somebody registered in Lagoon for an environment. */
export interface TaskDefinition {
  readonly id: number;
  readonly name: string;
  /** An image task runs without a service of the environment. */
  readonly type: 'COMMAND' | 'IMAGE';
  /** Default: `cli`. */
  readonly service?: string;
  readonly command?: string;
  /** Names of its arguments. */
  readonly arguments?: readonly string[];
}

export interface ArgumentValue {
  readonly advancedTaskDefinitionArgumentName?: string | null;
  readonly value?: string | null;
}

/** Lagoon hands arguments over as variables in front of the command, so they can be read from the task. */
export function commandOf(task: TaskDefinition, values: readonly ArgumentValue[]): string {
  const prefix = values
    .map(
      ({ advancedTaskDefinitionArgumentName: name, value }) => `${name ?? ''}="${value ?? ''}"; `,
    )
    .join('');
  return `${prefix}${task.command ?? ''}`;
}

/** One task row; all times are simulated milliseconds. */
export interface Task {
  readonly id: number;
  readonly environmentId: number;
  readonly name: string;
  readonly taskName: string;
  readonly service: string | null;
  readonly command: string | null;
  readonly createdAt: number;
  readonly durationMs: number;
  /** `lost`: its service does not exist, so it never ends. */
  readonly result: 'complete' | 'failed' | 'lost';
  /** Set if somebody ended it before its time. */
  end: BuildEnd | null;
}

export interface TaskView {
  readonly status: string;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

const NEW_SHARE = 0.1;
const PENDING_SHARE = 0.25;

export function taskViewOf(task: Task, now: number): TaskView {
  if (task.end !== null) {
    return { status: task.end.status, startedAt: null, completedAt: task.end.at };
  }
  const startedAt = task.createdAt + task.durationMs * PENDING_SHARE;
  const endsAt = task.createdAt + task.durationMs;
  if (task.result !== 'lost' && now >= endsAt) {
    return { status: task.result, startedAt, completedAt: endsAt };
  }
  if (task.result !== 'lost' && now >= startedAt) {
    return { status: 'running', startedAt, completedAt: null };
  }
  const isNew = now < task.createdAt + task.durationMs * NEW_SHARE;
  return { status: isNew ? 'new' : 'pending', startedAt: null, completedAt: null };
}

/** A task that is over stays as it is. */
export function endTask(task: Task, end: BuildEnd): void {
  if (taskViewOf(task, end.at).completedAt === null) task.end = end;
}
