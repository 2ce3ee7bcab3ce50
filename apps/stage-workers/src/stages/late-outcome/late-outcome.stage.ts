import type { Clock, Randomness } from '@uplift/runtime';
import { LongWaitError, triageOf } from '../../runner/failure-triage';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { GivenUp, LateOutcome, LateOutcomeLookups } from './late-outcome-lookups';
import { givenUpIn, isOpenIn, outcomeAmong } from './late-outcome-lookups';

export interface LateOutcomeOptions {
  /** Pause between two looks in ms; each gets a jitter of an eighth. */
  readonly intervalMs: number;
  /** How long after the failure was recorded its outcome still counts, in ms. */
  readonly windowMs: number;
  /** How long one message is held at a stretch, in ms. */
  readonly patienceMs: number;
  /** Time for what is left to do after a late success, in ms. */
  readonly attemptMs: number;
}

/**
 * Goes on looking for the build (or task) of an attempt that was given up without knowing its outcome: a success that
 * comes late is taken up where the upgrade left off, never answered with another deployment.
 */
export class LateOutcomeStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly lookups: LateOutcomeLookups,
    private readonly options: LateOutcomeOptions,
    private readonly ports: { readonly clock: Clock; readonly randomness: Randomness },
  ) {
    super();
  }

  async run({ session, message, signal }: StageTurn): Promise<void> {
    const failure = givenUpIn(message, session.workOrder);
    if (failure === null) return;
    const { windowMs, patienceMs } = this.options;
    const { clock } = this.ports;
    const endsAt = Date.parse(message.recordedAt) + windowMs;
    const heldUntil = clock.wall() + patienceMs;
    while (clock.wall() <= endsAt && isOpenIn(session.state, failure)) {
      if (await this.settle(session, failure, signal)) return;
      if (clock.wall() > heldUntil) throw new LongWaitError('the outcome is still unknown');
      await this.rest(signal);
      await session.reload();
    }
  }

  private rest(signal: AbortSignal): Promise<void> {
    const { clock, randomness } = this.ports;
    const jitter = 0.875 + randomness.fraction() * 0.25;
    return clock.pause(Math.round(this.options.intervalMs * jitter), signal);
  }

  /** True once the outcome is recorded. */
  private async settle(
    session: InstanceSession,
    failure: GivenUp,
    signal: AbortSignal,
  ): Promise<boolean> {
    const outcome = await this.look(failure, signal);
    if (outcome === null) return false;
    const { attemptMs } = this.options;
    const known = { task: null, located: session.workOrder.located };
    const data = { ...session.attempt, ...outcome, ...known, attemptMs };
    await session.submit({ type: 'RecordLateOutcome', data });
    return true;
  }

  /** A look that fails says nothing: the next one may succeed. */
  private async look(failure: GivenUp, signal: AbortSignal): Promise<LateOutcome | null> {
    try {
      const traces = await this.lookups.tracesOf(failure, signal);
      return traces && outcomeAmong(traces);
    } catch (error) {
      if (signal.aborted || triageOf(error) !== 'outage') throw error;
      return null;
    }
  }
}
