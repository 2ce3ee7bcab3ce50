import type { UpgradeStage } from '@uplift/domain';
import type { LoadedInstance } from '@uplift/event-store';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { LagoonCircuitOpenError } from '@uplift/lagoon';
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
    if (session.upgrading?.notes.waitingFor?.target !== lagoonTarget(core)) return;
    await this.proveBack(this.cores.of(core));
    await endWait(session, this.clock);
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

/** The instance itself was told of the end of this outage, by a worker that knew of it before this one. */
function isOver({ events, decoded }: LoadedInstance, target: string, since: number): boolean {
  return decoded.some((event, n) => {
    const isEnd = event.type === 'WaitEnded' && event.data.target === target;
    return isEnd && Date.parse(events[n]?.recordedAt ?? '') >= since;
  });
}

/** What an attempt waits for while its Lagoon core is out of reach. */
export function lagoonTarget(core: string): string {
  return `lagoon:${core}`;
}

/** Says once per instance and outage why nothing goes on. */
export async function recordOutage(
  session: InstanceSession,
  error: LagoonCircuitOpenError,
  stage: UpgradeStage,
): Promise<void> {
  const target = lagoonTarget(session.workOrder.profile.core);
  if (isOver(await session.reload(), target, error.since)) return;
  const since = new Date(error.since).toISOString();
  const data = { ...session.attempt, target, since, stage };
  await session.submit({ type: 'RecordWait', data });
}

/** Whatever was waited for is there again. */
export async function endWait(session: InstanceSession, clock: Clock): Promise<void> {
  const waitingFor = session.upgrading?.notes.waitingFor ?? null;
  if (waitingFor === null) return;
  const { target, since } = waitingFor;
  const waitedMs = Math.max(0, Math.round(clock.wall() - Date.parse(since)));
  await session.submit({ type: 'EndWait', data: { ...session.attempt, target, waitedMs } });
}

/** Throws LagoonCircuitOpenError if the core is believed to be away. */
function assertReachable({ name, breaker }: LagoonCore): void {
  if (breaker.state !== 'closed' && breaker.openSince !== null) {
    throw new LagoonCircuitOpenError(name, breaker.openSince);
  }
}

/**
 * The same, after a try whether the core is back, if it is time for one: another worker may have been told so long
 * before anybody here asks.
 */
export async function proveReachable(core: LagoonCore, signal?: AbortSignal): Promise<void> {
  if (core.breaker.state !== 'closed') await core.lagoon.ping(signal);
  assertReachable(core);
}
