import type { TaskStep, TaskReference, TaskScript, WorkOrder } from '@uplift/domain';
import type { LagoonCore, LagoonCores, LagoonTask } from '@uplift/lagoon';
import { taskPhase } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import { LongWaitError } from '../runner/failure-triage';
import type { InstanceSession } from '../runner/instance-session';
import type { EffectProtocol, OwnIntent } from './effect-protocol';
import { runnableScript, TaskEffect } from './task.effect';

export interface ScriptRun {
  /** With its environment located. */
  readonly order: WorkOrder;
  readonly step: TaskStep;
  /** Null: there is nothing to run, and the step is complete. */
  readonly script: TaskScript | null;
  /** Who writes the intent. */
  readonly worker: string;
}

export interface ScriptRunnerOptions {
  /** Pause between two looks at a task, in ms. */
  readonly pollIntervalMs: number;
  /** How long a task is followed at a stretch, in ms. */
  readonly patienceMs: number;
}

interface NotDone {
  /** Why the script did not do its work. */
  readonly detail: string;
  /** Whether a new attempt may. */
  readonly retryable: boolean;
}

/** `gone`: the attempt is not in this step any more, so there is nothing left to say. */
export type ScriptOutcome =
  | { readonly kind: 'complete'; readonly task: TaskReference | null }
  | ({ readonly kind: 'failed' } & NotDone)
  | ({ readonly kind: 'cancelled'; readonly task: TaskReference } & NotDone)
  | { readonly kind: 'gone' };

/** Runs the script of a step as a Lagoon task and waits for its end; the step's deadline is the watchdog's. */
export class ScriptRunner {
  constructor(
    private readonly cores: LagoonCores,
    private readonly protocol: EffectProtocol,
    private readonly options: ScriptRunnerOptions,
    private readonly clock: Clock,
  ) {}

  /** `intent`: already written by the caller together with the step, or null if it is to be written here. */
  async run(
    session: InstanceSession,
    run: ScriptRun,
    stop: AbortSignal,
    intent: OwnIntent | null = null,
  ): Promise<ScriptOutcome> {
    const { order, step, script } = run;
    if (script === null) return { kind: 'complete', task: null };
    const core = this.cores.of(order.profile.core);
    if (session.upgrading?.task == null) {
      const runnable = await runnableScript(core.lagoon, order, script, stop);
      if (runnable.kind === 'unusable' && session.call === null) {
        return { kind: 'failed', detail: runnable.reason, retryable: false };
      }
      const effect = new TaskEffect(core, order, step, runnable);
      const own = intent ?? (await this.intend(session, run));
      await failpoint('task.E3');
      await this.protocol.settle(session, effect, own, stop);
      await failpoint('task.E7');
    }
    return this.outcome(session, core, stop);
  }

  private outcome(
    session: InstanceSession,
    core: LagoonCore,
    stop: AbortSignal,
  ): Promise<ScriptOutcome> | ScriptOutcome {
    const task = session.upgrading?.task ?? null;
    return task === null ? { kind: 'gone' } : this.follow(core, task, stop);
  }

  /** The intent; null if it stands in the stream already and is somebody else's. */
  private async intend(
    session: InstanceSession,
    { step, worker }: ScriptRun,
  ): Promise<OwnIntent | null> {
    await failpoint('task.E2');
    const at = this.clock.monotonic();
    const data = { ...session.attempt, step, worker };
    return (await session.submit({ type: 'RequestScript', data })) === 'appended' ? { at } : null;
  }

  private async follow(
    { lagoon }: LagoonCore,
    task: TaskReference,
    stop: AbortSignal,
  ): Promise<ScriptOutcome> {
    const endsAt = this.clock.monotonic() + this.options.patienceMs;
    for (;;) {
      const row = await lagoon.taskById(task.taskId, stop);
      const outcome = row === null ? null : outcomeOf(row, task);
      if (outcome !== null) return outcome;
      if (this.clock.monotonic() >= endsAt) {
        throw new LongWaitError(`task ${task.taskName} has not ended yet`);
      }
      await this.clock.pause(this.options.pollIntervalMs, stop);
    }
  }
}

function outcomeOf({ status }: LagoonTask, task: TaskReference): ScriptOutcome | null {
  const { taskName } = task;
  switch (taskPhase(status)) {
    case 'active':
      return null;
    case 'complete':
      return { kind: 'complete', task };
    case 'cancelled':
      return {
        kind: 'cancelled',
        task,
        detail: `task ${taskName} was cancelled in Lagoon`,
        retryable: true,
      };
    case 'failed':
      return { kind: 'failed', detail: `task ${taskName} ended as ${status}`, retryable: true };
  }
}
