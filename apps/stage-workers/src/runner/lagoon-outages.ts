import { toInstanceEvent } from '@uplift/contracts';
import type { UpgradeStage } from '@uplift/domain';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { LagoonCircuitOpenError } from '@uplift/lagoon';
import { assertReachable } from '../effects/core-reach';
import type { InstanceCursor } from './instance-cursor';
import { endWait, lagoonTarget, recordOutage } from './lagoon-wait';

/** For how long an answer proves to every instance that the core is back. */
const PROOF_MS = 1_000;

/** Tells the history of an instance when its Lagoon core goes away, and when it is back: once each. */
export class LagoonOutages {
  private readonly looks = new Map<string, Promise<unknown>>();
  /** Monotonic times. */
  private readonly provedUntil = new Map<string, number>();

  constructor(private readonly cores: LagoonCores) {}

  /** Before an instance that waits for its core is worked on again. Throws while the core is still away. */
  async endWaitIfBack(cursor: InstanceCursor): Promise<void> {
    const { core } = cursor.workOrder.profile;
    if (cursor.upgrading?.notes.waitingFor?.target !== lagoonTarget(core)) return;
    await this.proveBack(this.cores.of(core));
    await endWait(cursor);
  }

  async record(cursor: InstanceCursor, error: unknown, stage: UpgradeStage): Promise<void> {
    if (!(error instanceof LagoonCircuitOpenError) || (await isOver(cursor, error))) return;
    await recordOutage(cursor, error, stage);
  }

  /** A process that has asked nothing since the core went away knows nothing of it: only an answer is proof. */
  private async proveBack(core: LagoonCore): Promise<void> {
    const isProved = performance.now() < (this.provedUntil.get(core.name) ?? 0);
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
        .then(() => this.provedUntil.set(name, performance.now() + PROOF_MS))
        .finally(() => this.looks.delete(name));
    this.looks.set(name, look);
    return look;
  }
}

/** The instance itself was told of the end of this outage, by a worker that knew of it before this one. */
async function isOver(cursor: InstanceCursor, { since }: LagoonCircuitOpenError): Promise<boolean> {
  const target = lagoonTarget(cursor.workOrder.profile.core);
  const { events } = await cursor.reload();
  return events.some((stored) => {
    const event = toInstanceEvent(stored);
    const isEnd = event.type === 'WaitEnded' && event.data.target === target;
    return isEnd && Date.parse(stored.recordedAt) >= since;
  });
}
