import type { AllEventsBatch, EventStore } from '@uplift/event-store';
import { AllTail } from '@uplift/event-store';
import type { Clock, Logger, Randomness } from '@uplift/runtime';
import { beatWhile, errorMessage } from '@uplift/runtime';
import type { Checkpoint, ReadModel } from '../read-model/read-model.port';
import { CheckpointFollower } from './checkpoint-follower';
import type { ProjectionProgress } from './projection-progress';
import type { ProjectionState } from './projection-state';
import { ProjectionHaltedError, refuseUnfitCheckpoint } from './projection-state';
import { ReadModelWriter } from './read-model-writer';

const MAX_BATCH = 1_000;
/** Least time from one write to the next: under load it turns many small transactions into few. */
const WRITE_INTERVAL_MS = 20;
const LONGEST_PAUSE_MS = 5_000;

export interface ProjectionContext {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly progress: ProjectionProgress;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Logger;
  /** The loop turns; a write that never comes back is no turn. */
  readonly onBeat?: () => void;
  readonly onBatch?: (events: number, seconds: number) => void;
}

/** Keeps the read model up to date: reads on from its checkpoint for ever, alone or behind another projector. */
export class ProjectionLoop {
  private readonly tail: AllTail;
  private readonly writer: ReadModelWriter;
  private readonly follower: CheckpointFollower;
  private checkpoint: Checkpoint | undefined;
  private current: ProjectionState = { kind: 'starting' };

  constructor(private readonly context: ProjectionContext) {
    const { store, readModel, progress, clock, randomness, onBeat } = context;
    this.writer = new ReadModelWriter(readModel);
    this.follower = new CheckpointFollower(readModel, progress, context);
    this.tail = new AllTail(store, {
      clock,
      randomness,
      ...(onBeat ? { onBeat } : {}),
      maxBatch: MAX_BATCH,
      backoff: { longestMs: LONGEST_PAUSE_MS },
      from: (ending) => this.begin(ending),
      consume: (batch, ending) => this.project(batch, ending),
      onBreak: (error) => this.onBreak(error),
    });
  }

  get state(): ProjectionState {
    return this.current;
  }

  start(): void {
    this.tail.start();
  }

  /** Finishes the batch in hand. */
  stop(): Promise<void> {
    return this.tail.stop();
  }

  /** Drops the subscription and starts a new one at the checkpoint. */
  resubscribe(): void {
    if (this.current.kind === 'halted') return;
    this.context.logger.warn('the subscription is silent, subscribing again');
    this.tail.resubscribe();
  }

  private async begin(ending: AbortSignal): Promise<bigint | null> {
    const { readModel, store, progress } = this.context;
    await beatWhile(readModel.prepare(), this.context);
    await this.untilDue(ending);
    if (ending.aborted) return null;
    const checkpoint = await readModel.checkpoint();
    this.checkpoint = checkpoint;
    progress.moveTo(checkpoint);
    refuseUnfitCheckpoint(checkpoint, await store.lastPosition());
    this.enter({ kind: 'catching-up' });
    this.writer.forget();
    return checkpoint.position;
  }

  /** Nothing is skipped: only another build, or a rebuilt read model, can go on after a halt. */
  private async untilDue(ending: AbortSignal): Promise<void> {
    const { current, checkpoint, follower } = this;
    if (!checkpoint) return;
    if (current.kind === 'halted') await follower.untilRebuilt(checkpoint, ending);
    if (current.kind === 'standby') await follower.untilAbandoned(checkpoint, ending);
  }

  private async project({ events, caughtUp }: AllEventsBatch, ending: AbortSignal): Promise<void> {
    const { clock, progress, onBatch } = this.context;
    const { checkpoint: from } = this;
    if (!from) return;
    const startedAt = clock.monotonic();
    const { checkpoint, halted } = await this.writer.write(from, events);
    if (checkpoint === null) return this.standBy();
    this.checkpoint = checkpoint;
    progress.moveTo(checkpoint);
    onBatch?.(events.length, (clock.monotonic() - startedAt) / 1_000);
    if (halted) throw halted;
    if (caughtUp) this.enter({ kind: 'live' });
    await clock.idle(WRITE_INTERVAL_MS - (clock.monotonic() - startedAt), ending);
  }

  /** Somebody else has moved the checkpoint. */
  private standBy(): void {
    this.enter({ kind: 'standby' });
    this.tail.resubscribe();
  }

  private onBreak(error: unknown): void {
    const { logger } = this.context;
    if (error instanceof ProjectionHaltedError) {
      this.enter({ kind: 'halted', error });
      logger.error({ err: error, eventId: error.event?.id }, 'projection stopped');
      return;
    }
    logger.warn({ err: error }, 'projection interrupted');
    if (this.current.kind !== 'halted') {
      this.enter({ kind: 'retrying', reason: errorMessage(error) });
    }
  }

  private enter(state: ProjectionState): void {
    if (state.kind !== this.current.kind) {
      this.context.logger.info({ state: state.kind }, 'projection');
    }
    this.current = state;
  }
}
