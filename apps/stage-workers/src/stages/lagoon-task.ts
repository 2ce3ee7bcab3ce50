import type { TaskReference, TaskScript } from '@uplift/domain';
import type { Lagoon, LagoonTask } from '@uplift/lagoon';
import { LagoonUnavailableError, taskPhase } from '@uplift/lagoon';
import { LongWaitError } from '../runner/long-wait.error';
import { pause } from '../runner/pause';

/** What this handling of the message knows of the step's start. */
export interface StepStart {
  /** True if it appended the start itself: nobody else has added the step's task. */
  readonly isOurs: boolean;
  /** Monotonic time just before the start was appended, in ms. */
  readonly at: number;
}

export interface TaskRequest {
  readonly environmentId: number;
  /** Marker: attempt and step. */
  readonly name: string;
  readonly script: TaskScript;
  readonly start: StepStart;
}

export interface TaskRunnerOptions {
  /** Pause between two looks at a task, in ms. */
  readonly pollIntervalMs: number;
  /** A task is added within this time of the step's start, or not without a look-up, in ms. */
  readonly callTimeoutMs: number;
  /** How long a task is followed at a stretch, in ms. */
  readonly patienceMs: number;
}

export type TaskOutcome =
  | { readonly kind: 'complete'; readonly task: TaskReference }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

const NEWEST_TASKS = 50;

/** Runs a script as a Lagoon task and waits for its end; the stage's deadline is the watchdog's. */
export class LagoonTaskRunner {
  constructor(
    private readonly lagoon: Lagoon,
    private readonly options: TaskRunnerOptions,
  ) {}

  async run(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome> {
    const { isOurs, at } = request.start;
    const timeLeft = at + this.options.callTimeoutMs - performance.now();
    if (isOurs && timeLeft > 0) return this.add(request, timeLeft, signal);
    const known = await this.findSettled(request, signal);
    if (known !== null) return this.follow(known.id, signal);
    return this.add(request, this.options.callTimeoutMs, signal);
  }

  /** A call that is under way is not aborted by a stop of the process: its answer is worth the wait. */
  private async add(
    { environmentId, name, script }: TaskRequest,
    timeLeftMs: number,
    signal: AbortSignal,
  ): Promise<TaskOutcome> {
    const answer = await this.lagoon.addTask(
      { environmentId, name, ...script },
      AbortSignal.timeout(Math.ceil(timeLeftMs)),
    );
    if (answer.kind === 'accepted') return this.follow(answer.taskId, signal);
    if (answer.kind === 'refused' && answer.cause !== 'not-sent') {
      return { kind: 'failed', reason: answer.reason, retryable: answer.retryable };
    }
    // The next delivery looks the task up by its name before it adds one.
    const why = answer.kind === 'refused' ? answer.reason : answer.evidence;
    throw new LagoonUnavailableError(`Unknown whether task ${name} was added: ${why}`);
  }

  /** Absent only when a call of a predecessor has had its time to end. */
  private async findSettled(request: TaskRequest, signal: AbortSignal): Promise<LagoonTask | null> {
    const known = await this.find(request, signal);
    if (known !== null) return known;
    await pause(this.options.callTimeoutMs, signal);
    return this.find(request, signal);
  }

  private async find({ environmentId, name }: TaskRequest, signal: AbortSignal) {
    const tasks = await this.lagoon.tasksOf(environmentId, { limit: NEWEST_TASKS }, signal);
    return tasks.find((task) => task.name === name) ?? null;
  }

  private async follow(taskId: number, signal: AbortSignal): Promise<TaskOutcome> {
    const endsAt = performance.now() + this.options.patienceMs;
    for (;;) {
      const task = await this.lagoon.taskById(taskId, signal);
      const outcome = task === null ? null : outcomeOf(task);
      if (outcome !== null) return outcome;
      if (performance.now() >= endsAt) throw new LongWaitError(`task ${taskId} has not ended yet`);
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
