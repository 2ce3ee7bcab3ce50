import type { EventStore } from '@uplift/event-store';
import type { Clock, Logger } from '@uplift/runtime';
import { beatWhile, errorMessage } from '@uplift/runtime';
import type { Checkpoint } from '../read-model/read-model.port';
import { RebuildRunningError } from '../read-model/read-model.port';
import type { CheckpointFollower } from './checkpoint-follower';
import { isAccepted, isAnotherStore } from './store-identity';

const LOOK_MS = 1_000;
/** After a rebuild that failed. */
const NEXT_REBUILD_MS = 60_000;

export interface StoreAgreementContext {
  readonly store: EventStore;
  /** Makes the read model anew from the store. */
  readonly rebuild: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onBeat?: () => void;
}

/** What a projector does about a store that is not the one its rows were made from. */
export class StoreAgreement {
  constructor(
    private readonly context: StoreAgreementContext,
    private readonly follower: CheckpointFollower,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /**
   * Returns when the store has the rows' events again, or the rows were made anew, by somebody else or here: as soon as
   * an operator has accepted the store.
   */
  async reached({ generation }: Checkpoint, ending: AbortSignal): Promise<void> {
    const { store, clock } = this.context;
    while (!ending.aborted) {
      const checkpoint = await this.follower.look();
      if (checkpoint.generation !== generation) return;
      if (!(await isAnotherStore(store, checkpoint))) return;
      const isDue = await isAccepted(store, checkpoint);
      await clock.idle(isDue ? await this.rebuild(ending) : LOOK_MS, ending);
    }
  }

  /** Answers with the pause after it. */
  private async rebuild(signal: AbortSignal): Promise<number> {
    const { logger, rebuild } = this.context;
    logger.info('an operator has accepted the store: rebuilding the read model');
    try {
      await beatWhile(rebuild(signal), this.context);
      return 0;
    } catch (error) {
      if (error instanceof RebuildRunningError || signal.aborted) return LOOK_MS;
      logger.error({ err: error }, 'the read model could not be rebuilt');
      this.onFailure(errorMessage(error));
      return NEXT_REBUILD_MS;
    }
  }
}
