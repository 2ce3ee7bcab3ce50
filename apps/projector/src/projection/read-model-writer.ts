import type { StoredEvent } from '@uplift/contracts';
import type { Checkpoint, ReadModel } from '../read-model/read-model.port';
import { RowsRefusedError } from '../read-model/read-model.port';
import { CachedRows } from './known-rows';
import { ProjectionHaltedError } from './projection-state';
import type { SetAside } from './read-model-fold';
import { ReadModelFold } from './read-model-fold';
import type { ReadableEvent } from './readable-event';
import { readEvent, unreadable, UnreadableEventError } from './readable-event';

export interface WriteOutcome {
  /** Null: somebody else writes this read model, and nothing of the batch was written. */
  readonly checkpoint: Checkpoint | null;
  /** Set when only the events before the one it names could be written. */
  readonly halted: ProjectionHaltedError | undefined;
  readonly setAside: readonly SetAside[];
}

/** Events of ours, and the position of the last event looked at. */
export interface EventsToWrite {
  readonly events: readonly StoredEvent[];
  readonly upTo: bigint | null;
}

/** Writes batches of events: each changed row once, rows and checkpoint together. */
export class ReadModelWriter {
  private readonly known: CachedRows;

  constructor(private readonly readModel: ReadModel) {
    this.known = new CachedRows(readModel);
  }

  /** To be called whenever somebody else may have written. */
  forget(): void {
    this.known.forget();
  }

  async write(from: Checkpoint, { events, upTo }: EventsToWrite): Promise<WriteOutcome> {
    const readable = events.map(readEvent);
    try {
      return await this.writeTogether(from, readable, upTo);
    } catch (error) {
      if (!(error instanceof RowsRefusedError)) throw error;
      return this.writeOneByOne(from, readable);
    }
  }

  /** Finds the event whose rows the database refuses. */
  private async writeOneByOne(
    from: Checkpoint,
    events: readonly ReadableEvent[],
  ): Promise<WriteOutcome> {
    let checkpoint = from;
    const setAside: SetAside[] = [];
    for (const event of events) {
      const outcome = await this.writeOne(checkpoint, event);
      setAside.push(...outcome.setAside);
      if (outcome.checkpoint === null || outcome.halted) return { ...outcome, setAside };
      checkpoint = outcome.checkpoint;
    }
    return { checkpoint, halted: undefined, setAside };
  }

  /** An event whose content the database has no place for is one that cannot be read. */
  private async writeOne(from: Checkpoint, event: ReadableEvent): Promise<WriteOutcome> {
    try {
      return await this.writeTogether(from, [event]);
    } catch (cause) {
      if (!(cause instanceof RowsRefusedError)) throw cause;
      const reason = `The database refuses its rows: ${cause.message}`;
      if (event.kind === 'instance' && cause.isOfContent) {
        const fault = new UnreadableEventError('invalid-data', reason, { cause });
        return this.writeOne(from, unreadable(event.stored, fault));
      }
      const halted = new ProjectionHaltedError(reason, event.stored, { cause });
      return { checkpoint: from, halted, setAside: [] };
    }
  }

  private async writeTogether(
    from: Checkpoint,
    events: readonly ReadableEvent[],
    upTo: bigint | null = null,
  ): Promise<WriteOutcome> {
    await this.known.prepare(events);
    const fold = new ReadModelFold(this.known);
    const halted = fold.applyAll(events);
    const { changes, setAside } = fold;
    if (!changes) return { checkpoint: from, halted, setAside };
    const seen = halted || upTo === null ? {} : { seenUpTo: upTo };
    const checkpoint = await this.readModel.commit(from, { ...changes, ...seen });
    if (checkpoint) this.known.remember(changes);
    return { checkpoint, halted, setAside: checkpoint ? setAside : [] };
  }
}
