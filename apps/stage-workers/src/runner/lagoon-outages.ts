import type { UpgradeStage } from '@uplift/domain';
import type { CoreOutage, LagoonCore, LagoonCores } from '@uplift/lagoon';
import {
  LagoonCircuitOpenError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import type { InstanceSession } from './instance-session';

/** For how long an answer proves to every instance that the core is back. */
const PROOF_MS = 1_000;

/** Finds out, for every instance that waits for its Lagoon core, whether the core is back. */
export class LagoonOutages {
  private readonly looks = new Map<string, Promise<unknown>>();
  /** Monotonic times. */
  private readonly provedUntil = new Map<string, number>();

  constructor(
    private readonly cores: LagoonCores,
    private readonly clock: Clock,
  ) {}

  /** Before an instance that waits for its core is worked on again. Throws while the core is still away. */
  async endWaitIfBack(session: InstanceSession): Promise<void> {
    const { core } = session.workOrder.profile;
    const target = session.upgrading?.notes.waitingFor?.target;
    if (target === undefined || !outageTargets(core).includes(target)) return;
    await this.proveBack(this.cores.of(core));
    await endWait(session, this.clock);
  }

  /** Says why nothing goes on, if what went wrong is that the core is away or refuses the token. */
  async tell(session: InstanceSession, error: unknown, stage: UpgradeStage): Promise<void> {
    if (!isOutage(error)) return;
    const outage = outageIn(this.cores.of(session.workOrder.profile.core), error);
    if (outage !== null) await recordOutage(session, outage, stage);
  }

  /** A process that has asked nothing since the core went away knows nothing of it: only an answer is proof. */
  private async proveBack(core: LagoonCore): Promise<void> {
    const isProved = this.clock.monotonic() < (this.provedUntil.get(core.name) ?? 0);
    if (!isProved || core.breaker.state !== 'closed') await this.look(core);
    assertReachable(core);
  }

  /** However many instances wait for the answer, it is one request. */
  private look(core: LagoonCore): Promise<unknown> {
    const { name, lagoon } = core;
    const look =
      this.looks.get(name) ??
      lagoon
        .ping()
        .then(() => this.provedUntil.set(name, this.clock.monotonic() + PROOF_MS))
        .finally(() => this.looks.delete(name));
    this.looks.set(name, look);
    return look;
  }
}

/** Lagoon cannot be spoken to. */
export function isOutage(error: unknown): boolean {
  return error instanceof LagoonUnavailableError || error instanceof LagoonUnauthenticatedError;
}

/** A failure that makes the core count as away is an outage like what was held back because of it. */
export function outageIn({ breaker }: LagoonCore, failure: unknown): CoreOutage | null {
  if (failure instanceof LagoonCircuitOpenError) return failure.outage;
  return failure === null ? null : breaker.outage;
}

/**
 * When the instance was last told, since a time, that it need not wait for a target any more, in ms since 1970 by the
 * store.
 */
async function lastEnd(session: InstanceSession, target: string, since: number): Promise<number> {
  const last = await session.findLast(
    ({ type, data }) => type === 'WaitEnded' && data.target === target,
    ({ recordedAt }) => Date.parse(recordedAt) < since,
  );
  return last === undefined ? Number.NEGATIVE_INFINITY : Date.parse(last.recordedAt);
}

const TARGETS: Readonly<Record<CoreOutage['cause'], string>> = {
  unreachable: 'lagoon',
  credentials: 'credentials',
};

export function outageTarget(cause: CoreOutage['cause'], core: string): string {
  return `${TARGETS[cause]}:${core}`;
}

/** What an attempt waits for while its Lagoon core cannot be spoken to. */
export function outageTargets(core: string): readonly string[] {
  return Object.values(TARGETS).map((kind) => `${kind}:${core}`);
}

/**
 * Says once per instance and outage why nothing goes on. Of an outage whose end the instance was told of, by a worker
 * that knew of it before this one, nothing is said unless it was seen to last since.
 */
export async function recordOutage(
  session: InstanceSession,
  { cause, since, noticedAt }: CoreOutage,
  stage: UpgradeStage,
): Promise<void> {
  const target = outageTarget(cause, session.workOrder.profile.core);
  const endedAt = await lastEnd(session, target, since);
  if (noticedAt <= endedAt) return;
  const begunAt = new Date(since > endedAt ? since : noticedAt).toISOString();
  const data = { ...session.attempt, target, since: begunAt, stage };
  await session.submit({ type: 'RecordWait', data });
}

/** Whatever was waited for is there again. */
export async function endWait(session: InstanceSession, clock: Clock): Promise<void> {
  const waitingFor = session.upgrading?.notes.waitingFor ?? null;
  if (waitingFor === null) return;
  const { target, since } = waitingFor;
  const now = clock.wall();
  const waitedMs = Math.max(0, Math.round(now - Date.parse(since)));
  const endedAt = new Date(now).toISOString();
  const data = { ...session.attempt, target, waitedMs, endedAt };
  await session.submit({ type: 'EndWait', data });
}

/** Throws LagoonCircuitOpenError if the core is believed to be away. */
function assertReachable({ name, breaker: { state, outage } }: LagoonCore): void {
  if (state !== 'closed' && outage !== null) throw new LagoonCircuitOpenError(name, outage);
}

/**
 * The same, after a try whether the core is back, if it is time for one: another worker may have been told so long
 * before anybody here asks.
 */
export async function proveReachable(core: LagoonCore, signal?: AbortSignal): Promise<void> {
  if (core.breaker.state !== 'closed') await core.lagoon.ping(signal);
  assertReachable(core);
}
