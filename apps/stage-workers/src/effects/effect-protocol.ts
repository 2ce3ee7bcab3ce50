import type { CallState, WorkerCommand } from '@uplift/domain';
import type { Refused } from '@uplift/lagoon';
import { LagoonUnauthenticatedError, passingRefusal } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { errorMessage, failpoint } from '@uplift/runtime';
import type { InstanceSession } from '../runner/instance-session';
import type { Effect, EffectAnswer } from './effect.port';
import type { LeaseOptions } from './leased-call';
import { leasedCall } from './leased-call';
import type { ReconcileOptions } from './reconciler';
import { reconcile } from './reconciler';

export interface EffectOptions extends LeaseOptions, ReconcileOptions {
  /** Calls refused for want of permission before it is believed. */
  readonly permissionTries: number;
  readonly permissionPauseMs: number;
}

/** Waits as long as no deployment may be triggered. */
export interface RepeatGate {
  holdRepeatedCall(session: InstanceSession, stop: AbortSignal): Promise<void>;
}

/** What opened a stage longer ago, in ms, may have been worked on in a history that is lost. */
const FRESH_MS = 120_000;

export interface EffectPorts {
  /** Id of this worker. */
  readonly worker: string;
  readonly clock: Clock;
  readonly gate?: RepeatGate | undefined;
  /** Whether an upgrade may have been worked on of which the store knows nothing; no if absent. */
  readonly mayHaveForgotten?: () => Promise<boolean>;
}

/** The newest intent, if this process wrote it: only then may it call. */
export interface OwnIntent {
  /** Monotonic time just before the intent was appended, in ms. */
  readonly at: number;
}

/**
 * From an intent in the stream to its outcome: one call by the process that wrote the intent, anything
 * unclear looked up by the marker, another call only after proof that the one before had no effect.
 */
export class EffectProtocol {
  constructor(
    private readonly options: EffectOptions,
    private readonly ports: EffectPorts,
  ) {}

  /** Returns when the attempt has no call of this effect any more that this process may go on with. */
  async settle<Trace>(
    session: InstanceSession,
    effect: Effect<Trace>,
    intent: OwnIntent | null,
    stop: AbortSignal,
  ): Promise<void> {
    let own = intent;
    let refusedFor: string | null = null;
    for (let call = callIn(session); call !== null; call = callIn(session)) {
      if (own !== null && call.isOpen) {
        const refusal = await this.call(session, effect, { call, own, stop });
        refusedFor = refusal?.cause ?? null;
        own = null;
      } else if (call.isOpen) {
        own = await this.findOut(session, effect, call, stop);
      } else {
        await this.letPass(refusedFor ?? (await lastRefusalOf(session)), effect, stop);
        own = await this.retry(session, effect, call, stop);
      }
    }
  }

  /**
   * What was never sent may be sent soon; a refusal in words is given time to pass. Throws while a token is refused:
   * no intent is written that could not be acted on.
   */
  private async letPass<Trace>(
    cause: string | null,
    effect: Effect<Trace>,
    stop: AbortSignal,
  ): Promise<void> {
    const { intervalMs, permissionPauseMs } = this.options;
    await this.ports.clock.pause(isOutage(cause) ? intervalMs : permissionPauseMs, stop);
    if (cause === 'unauthenticated') await effect.lookUp(stop);
  }

  /** Whatever the answer, no other call is made under this intent. Returns a refusal. */
  private async call<Trace>(
    session: InstanceSession,
    effect: Effect<Trace>,
    { call, own, stop }: { call: CallState; own: OwnIntent; stop: AbortSignal },
  ): Promise<Refused | null> {
    const mayBeThere = await this.mayBeForgotten(session);
    const answer = await leasedCall(
      mayBeThere ? lookingFirst(effect) : effect,
      { intentAt: own.at, stop, ...this.options },
      this.ports.clock,
    );
    await failpoint(`${effect.name}.E6`);
    if (answer.kind === 'refused') {
      await this.refuse(session, call, answer);
      return answer;
    }
    if (answer.kind === 'accepted') await effect.accept(session, [answer.trace]);
    else await this.noteAmbiguous(session, call, answer.evidence);
    return null;
  }

  /**
   * A store that was put back to an older copy begins upgrades again under their ids, and so under their markers. Where
   * the bus was put back with it nobody can tell, but what opened the stage is then not of just now.
   */
  private async mayBeForgotten({ openedAt }: InstanceSession): Promise<boolean> {
    const { clock, mayHaveForgotten } = this.ports;
    return clock.wall() - openedAt > FRESH_MS || (await mayHaveForgotten?.()) === true;
  }

  private async refuse(session: InstanceSession, call: CallState, answer: Refused): Promise<void> {
    const { cause, reason: detail, retryable } = answer;
    await session.submit({
      type: 'RefuseCall',
      data: {
        ...callOf(session, call),
        reason: `${call.effect}-refused`,
        evidence: { cause, detail },
        retryable,
        tries: this.triesOf(answer),
      },
    });
  }

  /**
   * A call that was never sent, or with no valid token, is no try; a permission text is also what an outage behind
   * Lagoon looks like.
   */
  private triesOf({ cause }: Refused): number {
    if (isOutage(cause)) return Number.POSITIVE_INFINITY;
    return cause === 'permission' ? this.options.permissionTries : 1;
  }

  private async noteAmbiguous(
    session: InstanceSession,
    call: CallState,
    shape: string,
  ): Promise<void> {
    const data = { ...callOf(session, call), evidence: { shape } };
    await session.submit({ type: 'NoteAmbiguousCall', data });
  }

  private async findOut<Trace>(
    session: InstanceSession,
    effect: Effect<Trace>,
    call: CallState,
    stop: AbortSignal,
  ): Promise<OwnIntent | null> {
    const finding = await reconcile(effect, { ...this.options, stop }, this.ports.clock);
    await failpoint(`${effect.name}.E6`);
    if (finding.kind === 'landed') {
      await effect.accept(session, finding.landed);
      return null;
    }
    const { lookUps, waitedMs } = finding;
    const evidence = { lookUps, waitedMs };
    const data = { ...callOf(session, call), evidence, worker: this.ports.worker };
    return this.intend(session, effect, { type: 'RepeatCall', data }, stop);
  }

  private async retry<Trace>(
    session: InstanceSession,
    effect: Effect<Trace>,
    call: CallState,
    stop: AbortSignal,
  ): Promise<OwnIntent | null> {
    await effect.proveReachable(stop);
    const data = { ...callOf(session, call), worker: this.ports.worker };
    return this.intend(session, effect, { type: 'RetryCall', data }, stop);
  }

  private async intend<Trace>(
    session: InstanceSession,
    { isTrigger }: Effect<Trace>,
    command: WorkerCommand,
    stop: AbortSignal,
  ): Promise<OwnIntent | null> {
    if (isTrigger) await this.ports.gate?.holdRepeatedCall(session, stop);
    const at = this.ports.clock.monotonic();
    return (await session.submit(command)) === 'appended' ? { at } : null;
  }
}

/** The effect with a look-up of its marker before each call; a look-up that comes to nothing is a call not sent. */
function lookingFirst<Trace>(effect: Effect<Trace>): Pick<Effect<Trace>, 'name' | 'send'> {
  const send = async (signal: AbortSignal): Promise<EffectAnswer<Trace>> => {
    try {
      const [newest] = await effect.lookUp(signal);
      if (newest !== undefined) return { kind: 'accepted', trace: newest };
    } catch (error) {
      const isRefused = error instanceof LagoonUnauthenticatedError;
      return passingRefusal(isRefused ? 'unauthenticated' : 'not-sent', errorMessage(error));
    }
    return effect.send(signal);
  };
  return { name: effect.name, send };
}

/** Refusals that say nothing of the call itself. */
function isOutage(cause: string | null): boolean {
  return cause === 'not-sent' || cause === 'unauthenticated';
}

/** What is still to be done: of an instance that an operator holds only what is under way already. */
function callIn({ call, isHeld }: InstanceSession): CallState | null {
  return isHeld && call?.isOpen === false ? null : call;
}

function callOf({ attempt }: InstanceSession, { marker, callNo }: CallState) {
  return { ...attempt, marker, callNo };
}

/** Why the newest call was refused, when it was another turn that made it. */
async function lastRefusalOf(session: InstanceSession): Promise<string | null> {
  let cause: unknown = null;
  await session.findLast((event) => {
    if (event.type !== 'CallRefused') return false;
    cause = event.data.evidence.cause;
    return true;
  });
  return typeof cause === 'string' ? cause : null;
}
