import type { TaskReference, TaskScript } from '@uplift/domain';
import type { Lagoon, LagoonTask } from '@uplift/lagoon';
import { LagoonUnavailableError, taskPhase } from '@uplift/lagoon';
import { pause } from '../runner/pause';

export interface TaskRequest {
  readonly environmentId: number;
  /** Marker: attempt and step. */
  readonly name: string;
  readonly script: TaskScript;
  /** A predecessor may have added the task already: look it up before adding it. */
  readonly mayExist: boolean;
}

export type TaskOutcome =
  | { readonly kind: 'complete'; readonly task: TaskReference }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

const NEWEST_TASKS = 50;

/** Runs a script as a Lagoon task and waits for its end; the stage's deadline is the watchdog's. */
export class LagoonTaskRunner {
  constructor(
    private readonly lagoon: Lagoon,
    private readonly options: { readonly pollIntervalMs: number; readonly callTimeoutMs: number },
  ) {}

  async run(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome> {
    const known = request.mayExist ? await this.find(request, signal) : null;
    if (known !== null) return this.follow(known.id, signal);

    const { environmentId, name, script } = request;
    const answer = await this.lagoon.addTask(
      { environmentId, name, ...script },
      AbortSignal.any([signal, AbortSignal.timeout(this.options.callTimeoutMs)]),
    );
    if (answer.kind === 'accepted') return this.follow(answer.taskId, signal);
    if (answer.kind === 'refused') {
      return { kind: 'failed', reason: answer.reason, retryable: answer.retryable };
    }
    // The next delivery looks the task up by its name before it adds one.
    throw new LagoonUnavailableError(`Unknown whether task ${name} was added: ${answer.evidence}`);
  }

  private async find({ environmentId, name }: TaskRequest, signal: AbortSignal) {
    const tasks = await this.lagoon.tasksOf(environmentId, { limit: NEWEST_TASKS }, signal);
    return tasks.find((task) => task.name === name) ?? null;
  }

  private async follow(taskId: number, signal: AbortSignal): Promise<TaskOutcome> {
    for (;;) {
      const task = await this.lagoon.taskById(taskId, signal);
      const outcome = task === null ? null : outcomeOf(task);
      if (outcome !== null) return outcome;
      await pause(this.options.pollIntervalMs, signal);
    }
  }
}

function outcomeOf(task: LagoonTask): TaskOutcome | null {
  const phase = taskPhase(task.status);
  if (phase === 'active') return null;
  if (phase !== 'complete') {
    const reason = `task ${task.taskName ?? task.id} ended as ${task.status}`;
    return { kind: 'failed', reason, retryable: true };
  }
  return { kind: 'complete', task: { taskId: task.id, taskName: task.taskName ?? task.name } };
}
