import type { StoredEvent } from '@uplift/contracts';
import type { Checkpoint, ReadModel } from '../read-model/read-model.port';
import { RowsRefusedError } from '../read-model/read-model.port';
import { CachedRows } from './known-rows';
import { ProjectionHaltedError } from './projection-state';
import { readableEvents, ReadModelFold } from './read-model-fold';

export interface WriteOutcome {
  /** Null: somebody else writes this read model, and nothing of the batch was written. */
  readonly checkpoint: Checkpoint | null;
  /** Set when only the events before the one it names could be written. */
  readonly halted: ProjectionHaltedError | undefined;
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

  async write(from: Checkpoint, stored: readonly StoredEvent[]): Promise<WriteOutcome> {
    try {
      return await this.writeTogether(from, stored);
    } catch (error) {
      if (!(error instanceof RowsRefusedError)) throw error;
      return this.writeOneByOne(from, stored);
    }
  }

  /** Finds the event whose rows the database refuses. */
  private async writeOneByOne(
    from: Checkpoint,
    stored: readonly StoredEvent[],
  ): Promise<WriteOutcome> {
    let checkpoint = from;
    for (const event of stored) {
      const outcome = await this.writeTogether(checkpoint, [event]).catch((cause: unknown) => {
        if (!(cause instanceof RowsRefusedError)) throw cause;
        const reason = `The database refuses its rows: ${cause.message}`;
        return { checkpoint, halted: new ProjectionHaltedError(reason, event, { cause }) };
      });
      if (outcome.checkpoint === null || outcome.halted) return outcome;
      checkpoint = outcome.checkpoint;
    }
    return { checkpoint, halted: undefined };
  }

  private async writeTogether(
    from: Checkpoint,
    stored: readonly StoredEvent[],
  ): Promise<WriteOutcome> {
    const { events, halted: unreadable } = readableEvents(stored);
    await this.known.prepare(events);
    const fold = new ReadModelFold(this.known);
    const halted = fold.applyAll(events) ?? unreadable;
    const { changes } = fold;
    if (!changes) return { checkpoint: from, halted };
    const checkpoint = await this.readModel.commit(from, changes);
    if (checkpoint) this.known.remember(changes);
    return { checkpoint, halted };
  }
}
