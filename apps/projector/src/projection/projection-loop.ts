import type { EventStore } from '@uplift/event-store';
import type { Logger } from '@uplift/runtime';
import type { ReadModelDatabase } from '../database/read-model.tables';
import type { Checkpoint } from './checkpoint';
import { readCheckpoint } from './checkpoint';
import { refuseUnfitCheckpoint } from './checkpoint-fitness';
import { CheckpointFollower } from './checkpoint-follower';
import { JitteredBackoff } from './jittered-backoff';
import { pause } from './pause';
import { ProjectionHaltedError } from './projection-halted.error';
import type { ProjectionProgress } from './projection-progress';
import type { ProjectionState } from './projection-state';
import { ReadModelWriter } from './read-model-writer';

const MAX_BATCH = 1_000;
/** Least time from one write to the next: under load it turns many small transactions into few. */
const WRITE_INTERVAL_MS = 20;

export interface ProjectionParts {
  readonly store: EventStore;
  /** Brings the tables to this build's state; called until it has succeeded once. */
  readonly prepare: () => Promise<void>;
  readonly database: ReadModelDatabase;
  readonly progress: ProjectionProgress;
  readonly logger: Logger;
  readonly onBatch?: (events: number, seconds: number) => void;
}

/** Keeps the read model up to date: reads on from its checkpoint for ever, alone or behind another projector. */
export class ProjectionLoop {
  private readonly writer: ReadModelWriter;
  private readonly follower: CheckpointFollower;
  private readonly backoff = new JitteredBackoff();
  private turnEnd = new AbortController();
  private current: ProjectionState = { kind: 'starting' };
  private writing = false;
  private prepared = false;

  constructor(private readonly parts: ProjectionParts) {
    this.writer = new ReadModelWriter(parts.database);
    this.follower = new CheckpointFollower(parts.database, parts.progress);
  }

  get state(): ProjectionState {
    return this.current;
  }

  /** True while a batch is on its way into the database. */
  get isWriting(): boolean {
    return this.writing;
  }

  /** Drops the subscription and starts a new one at the checkpoint. */
  resubscribe(): void {
    if (this.current.kind === 'halted') return;
    this.parts.logger.warn('the subscription is silent, subscribing again');
    this.turnEnd.abort();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.turnEnd = new AbortController();
      try {
        await this.turn(AbortSignal.any([signal, this.turnEnd.signal]));
      } catch (error) {
        await this.recover(error, signal);
      }
    }
  }

  private async turn(signal: AbortSignal): Promise<void> {
    const { database, store, progress } = this.parts;
    if (!this.prepared) await this.parts.prepare();
    this.prepared = true;
    const checkpoint = await readCheckpoint(database);
    progress.moveTo(checkpoint);
    refuseUnfitCheckpoint(checkpoint, await store.lastPosition());
    this.enter({ kind: 'catching-up' });
    await this.project(checkpoint, signal);
    if (signal.aborted) return;
    this.enter({ kind: 'standby' });
    await this.follower.untilAbandoned(checkpoint, signal);
  }

  /** Returns when somebody else has moved the checkpoint, or at the signal. */
  private async project(from: Checkpoint, signal: AbortSignal): Promise<void> {
    const after = from.position === null ? {} : { after: from.position };
    const options = { ...after, maxBatch: MAX_BATCH, signal };
    let checkpoint = from;
    this.writer.forget();
    for await (const { events, caughtUp } of this.parts.store.subscribeToAll(options)) {
      const startedAt = performance.now();
      const outcome = await this.written(() => this.writer.write(checkpoint, events));
      if (outcome.checkpoint === null) return;
      checkpoint = outcome.checkpoint;
      this.parts.progress.moveTo(checkpoint);
      this.parts.onBatch?.(events.length, (performance.now() - startedAt) / 1_000);
      if (outcome.halted) throw outcome.halted;
      this.backoff.reset();
      if (caughtUp) this.enter({ kind: 'live' });
      await pause(WRITE_INTERVAL_MS - (performance.now() - startedAt), signal);
    }
  }

  private async written<T>(write: () => Promise<T>): Promise<T> {
    this.writing = true;
    try {
      return await write();
    } finally {
      this.writing = false;
    }
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof ProjectionHaltedError) return this.halt(error, signal);
    const reason = error instanceof Error ? error.message : String(error);
    this.enter({ kind: 'retrying', reason });
    this.parts.logger.warn({ err: error }, 'projection interrupted');
    await pause(this.backoff.next(), signal);
  }

  /** Nothing is skipped: only another build, or a rebuilt read model, can go on from here. */
  private async halt(error: ProjectionHaltedError, signal: AbortSignal): Promise<void> {
    this.enter({ kind: 'halted', error });
    this.parts.logger.error({ err: error, eventId: error.event?.id }, 'projection stopped');
    while (!signal.aborted) {
      try {
        return await this.follower.untilRebuilt(signal);
      } catch {
        await pause(this.backoff.next(), signal);
      }
    }
  }

  private enter(state: ProjectionState): void {
    if (state.kind !== this.current.kind)
      this.parts.logger.info({ state: state.kind }, 'projection');
    this.current = state;
  }
}
