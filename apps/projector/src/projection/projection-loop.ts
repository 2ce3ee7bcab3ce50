import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch } from '@uplift/event-store';
import { AllTail } from '@uplift/event-store';
import type { Randomness } from '@uplift/runtime';
import { beatWhile, errorKind, errorMessage, RepeatedLines } from '@uplift/runtime';
import type { Checkpoint, ReadModel } from '../read-model/read-model.port';
import { CheckpointFollower } from './checkpoint-follower';
import type { ProjectionProgress } from './projection-progress';
import type { ProjectionState } from './projection-state';
import { AnotherStoreError, ProjectionHaltedError, refuseOtherVersion } from './projection-state';
import type { SetAside } from './read-model-fold';
import { ReadModelWriter } from './read-model-writer';
import type { StoreAgreementContext } from './store-agreement';
import { StoreAgreement } from './store-agreement';
import { refuseAnotherStore } from './store-identity';
import { WritePace } from './write-pace';

const MAX_BATCH = 1_000;
const LONGEST_PAUSE_MS = 5_000;

/** `onBeat`: the loop turns; a write that never comes back is no turn. */
export interface ProjectionContext extends StoreAgreementContext {
  readonly readModel: ReadModel;
  readonly progress: ProjectionProgress;
  readonly randomness: Randomness;
  readonly onBatch?: (batch: WrittenBatch) => void;
}

export interface WrittenBatch {
  readonly events: readonly StoredEvent[];
  /** Events of other programs that were passed over. */
  readonly foreign: number;
  readonly setAside: readonly SetAside[];
  readonly seconds: number;
}

/** Keeps the read model up to date: reads on from its checkpoint for ever, alone or behind another projector. */
export class ProjectionLoop {
  private readonly tail: AllTail;
  private readonly writer: ReadModelWriter;
  private readonly follower: CheckpointFollower;
  private readonly agreement: StoreAgreement;
  private readonly lines: RepeatedLines;
  private readonly pace: WritePace;
  /** As it was written last, with what was looked at since. */
  private checkpoint: Checkpoint | undefined;
  /** `seenUpTo` as other processes know it. */
  private noted: bigint | null = null;
  private newerEvents = 0;
  private current: ProjectionState = { kind: 'starting' };

  constructor(private readonly context: ProjectionContext) {
    const { store, readModel, progress, clock, randomness, onBeat } = context;
    this.writer = new ReadModelWriter(readModel);
    this.follower = new CheckpointFollower(readModel, progress, context);
    this.agreement = new StoreAgreement(context, this.follower, (note) => this.noteFailure(note));
    this.lines = new RepeatedLines(clock);
    this.pace = new WritePace(clock, progress);
    this.tail = new AllTail(store, {
      clock,
      randomness,
      ...(onBeat ? { onBeat } : {}),
      maxBatch: MAX_BATCH,
      gather: () => this.pace.due(),
      backoff: { longestMs: LONGEST_PAUSE_MS },
      from: (ending) => this.begin(ending),
      consume: (batch) => this.project(batch),
      onBreak: (error) => this.onBreak(error),
    });
  }

  get state(): ProjectionState {
    return this.current;
  }

  /** Events of a newer version that this process has passed over since it started. */
  get newerVersions(): number {
    return this.newerEvents;
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

  /** The store may be another one than at the start of the subscription. */
  recheck(): void {
    if (this.current.kind === 'halted' || this.current.kind === 'starting') return;
    this.enter({ kind: 'starting' });
    this.tail.resubscribe();
  }

  /** Tells other processes how far foreign events were looked at. */
  async noteSeen(): Promise<void> {
    const { checkpoint, noted, current } = this;
    if (!checkpoint || (current.kind !== 'live' && current.kind !== 'catching-up')) return;
    const { seenUpTo } = checkpoint;
    if (seenUpTo === null || seenUpTo === noted) return;
    await this.context.readModel.noteSeen(checkpoint, seenUpTo);
    this.noted = seenUpTo;
  }

  private async begin(ending: AbortSignal): Promise<bigint | null> {
    const { readModel, store } = this.context;
    await beatWhile(readModel.check(), this.context);
    await this.untilDue(ending);
    if (ending.aborted) return null;
    const checkpoint = await readModel.checkpoint();
    this.moveTo(checkpoint, checkpoint.position);
    refuseOtherVersion(checkpoint);
    await refuseAnotherStore(store, checkpoint);
    this.context.progress.isOfAnotherStore = false;
    // A database that can be read may still take nothing: only a batch that is written ends the trouble.
    if (this.current.kind !== 'retrying') this.enter({ kind: 'catching-up' });
    this.writer.forget();
    // Not after what was seen behind it: only an event of ours proves that the store is the same.
    return checkpoint.position;
  }

  /** Nothing is skipped: only another build, or a rebuilt read model, can go on after a halt. */
  private async untilDue(ending: AbortSignal): Promise<void> {
    const { current, checkpoint, follower, agreement } = this;
    if (!checkpoint) return;
    if (current.kind === 'standby') return follower.untilAbandoned(checkpoint, ending);
    if (current.kind !== 'halted') return;
    if (current.error instanceof AnotherStoreError) return agreement.reached(checkpoint, ending);
    await follower.untilRebuilt(checkpoint, ending);
  }

  private async project(batch: AllEventsBatch): Promise<void> {
    const { clock, onBatch } = this.context;
    const { checkpoint: from } = this;
    if (!from) return;
    const startedAt = clock.monotonic();
    const { checkpoint, halted, setAside } = await this.writer.write(from, batch);
    if (checkpoint === null) return this.standBy();
    this.moveTo(checkpoint, halted ? checkpoint.seenUpTo : batch.upTo);
    this.tell(setAside);
    const { events, foreign } = batch;
    const tookMs = clock.monotonic() - startedAt;
    this.pace.noteWrite(tookMs);
    onBatch?.({ events, foreign, setAside, seconds: tookMs / 1_000 });
    if (halted) throw halted;
    if (batch.caughtUp) this.enter({ kind: 'live' });
    else if (this.current.kind === 'retrying') this.enter({ kind: 'catching-up' });
  }

  private moveTo(written: Checkpoint, upTo: bigint | null): void {
    if (written !== this.checkpoint) this.noted = written.seenUpTo;
    this.checkpoint = { ...written, seenUpTo: upTo ?? written.seenUpTo };
    this.context.progress.moveTo(this.checkpoint);
  }

  private tell(setAside: readonly SetAside[]): void {
    for (const { stored, fault } of setAside) {
      const { id: eventId, type, stream, revision } = stored;
      const { reason, message: detail } = fault;
      if (reason === 'newer-version') this.newerEvents += 1;
      const fields = { eventId, type, stream, revision, reason, detail };
      this.context.logger.error(fields, 'an event cannot be read, its stream is set aside');
    }
  }

  /** Somebody else has moved the checkpoint. */
  private standBy(): void {
    this.enter({ kind: 'standby' });
    this.tail.resubscribe();
  }

  private onBreak(error: unknown): void {
    const { logger } = this.context;
    if (error instanceof ProjectionHaltedError) {
      if (error instanceof AnotherStoreError) this.context.progress.isOfAnotherStore = true;
      this.enter({ kind: 'halted', error });
      logger.error({ err: error, eventId: error.event?.id }, 'projection stopped');
      return;
    }
    const reason = errorMessage(error);
    if (this.lines.isDue(errorKind(error))) logger.warn({ err: error }, 'projection interrupted');
    if (this.current.kind !== 'halted') this.enter({ kind: 'retrying', reason });
  }

  private noteFailure(note: string): void {
    if (this.current.kind === 'halted') this.current = { ...this.current, note };
  }

  private enter(state: ProjectionState): void {
    if (state.kind !== this.current.kind) {
      this.context.logger.info({ state: state.kind }, 'projection');
    }
    this.current = state;
  }
}
