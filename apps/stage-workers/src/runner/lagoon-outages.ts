import type { UpgradeStage } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import { assertReachable } from '../effects/core-reach';
import type { InstanceCursor } from './instance-cursor';
import { endWait, lagoonTarget, recordOutage } from './lagoon-wait';

/** Tells the history of an instance when its Lagoon core goes away, and when it is back: once each. */
export class LagoonOutages {
  constructor(private readonly cores: LagoonCores) {}

  /** Before an instance that waits for its core is worked on again. Throws while the core is still away. */
  async endWaitIfBack(cursor: InstanceCursor): Promise<void> {
    const { core } = cursor.workOrder.profile;
    if (cursor.upgrading?.notes.waitingFor?.target !== lagoonTarget(core)) return;
    const { breaker, lagoon } = this.cores.of(core);
    if (breaker.state !== 'closed') {
      await lagoon.ping();
      assertReachable(this.cores.of(core));
    }
    await endWait(cursor);
  }

  async record(cursor: InstanceCursor, error: unknown, stage: UpgradeStage): Promise<void> {
    await recordOutage(cursor, error, stage);
  }
}
