import { toInstanceEvent } from '@uplift/contracts';
import type { Clock, Randomness } from '@uplift/runtime';
import type { CancelTarget } from '../../effects/cancel-targets';
import { cancel } from '../../effects/cancel-targets';
import { LongWaitError, triageOf } from '../../runner/failure-triage';
import type { InstanceSession } from '../../runner/instance-session';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { GivenUp, LateOutcomeLookups, Sight } from './late-outcome-lookups';
import { givenUpIn, outcomeAmong } from './late-outcome-lookups';

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
 * Goes on looking for the build or task of an attempt that was given up without knowing its outcome: a success that
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

  async run({ session, signal }: StageTurn): Promise<void> {
    const { type, data } = toInstanceEvent(session.message);
    if (!type.endsWith('Failed') || !('retryable' in data)) return;
    const { windowMs, patienceMs, intervalMs } = this.options;
    const { clock } = this.ports;
    const endsAt = session.openedAt + windowMs;
    const heldUntil = clock.wall() + patienceMs;
    for (
      let left = givenUpIn(session.state, data);
      left !== null && clock.wall() <= endsAt;
      left = givenUpIn(session.state, data)
    ) {
      const isLast = clock.wall() + intervalMs > endsAt;
      if (await this.settle(session, { ...left, isLast }, signal)) return;
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
    left: GivenUp & { readonly isLast: boolean },
    signal: AbortSignal,
  ): Promise<boolean> {
    const sight = await this.look(left, signal);
    if (sight === null) return false;
    const outcome = outcomeAmong(sight.traces) ?? neverLanded(left, sight);
    if (outcome === null) return false;
    const { attemptMs } = this.options;
    const { located } = sight;
    const step = left.step === null ? {} : { step: left.step };
    const data = { ...session.attempt, ...outcome, ...step, located, attemptMs };
    await session.submit({ type: 'RecordLateOutcome', data });
    return true;
  }

  /** A look that fails says nothing: the next one may succeed. */
  private async look(left: GivenUp, signal: AbortSignal): Promise<Sight | null> {
    try {
      const sight = await this.lookups.sightOf(left, signal);
      if (sight !== null && left.order.cancelRequested) await this.stopAgain(left, sight, signal);
      return sight;
    } catch (error) {
      if (signal.aborted || triageOf(error) !== 'outage') throw error;
      return null;
    }
  }

  /** The attempt ended before its cancel took effect: what goes on of it is still to be stopped. */
  private async stopAgain(
    { order }: GivenUp,
    { traces, located: { environmentId } }: Sight,
    signal: AbortSignal,
  ): Promise<void> {
    const { lagoon } = this.lookups.coreOf(order);
    for (const { status, task, buildName } of traces) {
      if (status !== 'active') continue;
      const target: CancelTarget =
        task === null ? { kind: 'build', environmentId, buildName } : { kind: 'task', ...task };
      await cancel(lagoon, target, signal);
    }
  }
}

/** Until the end of the watch nothing came that could be followed. */
function neverLanded(
  { buildName, marker, isLast }: GivenUp & { readonly isLast: boolean },
  { traces }: Sight,
): NeverLanded | null {
  const isSure = isLast && buildName === null && traces.length === 0;
  return isSure ? { status: 'not-landed', buildName: marker, task: null } : null;
}

interface NeverLanded {
  readonly status: 'not-landed';
  readonly buildName: string;
  readonly task: null;
}
