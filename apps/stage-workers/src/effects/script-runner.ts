import type { ScriptStep, TaskReference, TaskScript, WorkOrder } from '@uplift/domain';
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
  readonly step: ScriptStep;
  readonly script: TaskScript;
  /** Who writes the intent. */
  readonly worker: string;
}

export interface ScriptRunnerOptions {
  /** Pause between two looks at a task, in ms. */
  readonly pollIntervalMs: number;
  /** How long a task is followed at a stretch, in ms. */
  readonly patienceMs: number;
}

/** `gone`: the attempt is not in this step any more, so there is nothing left to say. */
export type ScriptOutcome =
  | { readonly kind: 'complete'; readonly task: TaskReference }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean }
  | { readonly kind: 'cancelled'; readonly task: TaskReference }
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
    const core = this.cores.of(run.order.profile.core);
    const known = session.upgrading?.task ?? null;
    if (known !== null) return this.follow(core, known, stop);

    const runnable = await runnableScript(core.lagoon, run.order, run.script, stop);
    if (runnable.kind === 'unusable') {
      return { kind: 'failed', reason: runnable.reason, retryable: false };
    }
    const effect = new TaskEffect(core, run.order, run.step, runnable.script);
    const own = intent ?? (await this.intend(session, run));
    await failpoint('task.E3');
    await this.protocol.settle(session, effect, own, stop);
    await failpoint('task.E7');
    return this.outcomeOf(core, session, stop);
  }

  /** The intent; null if it stands in the stream already and is somebody else's. */
  private async intend(
    session: InstanceSession,
    { step, worker }: ScriptRun,
  ): Promise<OwnIntent | null> {
    const { upgradeId, attempt } = session.workOrder;
    await failpoint('task.E2');
    const at = this.clock.monotonic();
    const data = { upgradeId, attempt, step, worker };
    return (await session.submit({ type: 'RequestScript', data })) === 'appended' ? { at } : null;
  }

  private async outcomeOf(
    core: LagoonCore,
    { upgrading }: InstanceSession,
    stop: AbortSignal,
  ): Promise<ScriptOutcome> {
    const task = upgrading?.task ?? null;
    return task === null ? { kind: 'gone' } : this.follow(core, task, stop);
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

function outcomeOf(row: LagoonTask, task: TaskReference): ScriptOutcome | null {
  switch (taskPhase(row.status)) {
    case 'active':
      return null;
    case 'complete':
      return { kind: 'complete', task };
    case 'cancelled':
      return { kind: 'cancelled', task };
    default:
      return {
        kind: 'failed',
        reason: `task ${task.taskName} ended as ${row.status}`,
        retryable: true,
      };
  }
}

export type FailedScript = Extract<ScriptOutcome, { kind: 'failed' | 'cancelled' }>;

/** Why a script did not do its work, and whether a new attempt may. */
export function failedScript(outcome: FailedScript): {
  readonly detail: string;
  readonly retryable: boolean;
} {
  if (outcome.kind === 'failed') {
    return { detail: outcome.reason, retryable: outcome.retryable };
  }
  return { detail: `task ${outcome.task.taskName} was cancelled in Lagoon`, retryable: true };
}
