import type { StoredEvent } from '@uplift/contracts';
import { INSTANCE_ROWS } from '../database/instance.row';
import type { ReadModelDatabase } from '../database/read-model.tables';
import { isRefusal } from '../database/refusal';
import { TIMELINE_ROWS } from '../database/timeline.row';
import { UPGRADE_ROWS } from '../database/upgrade.row';
import { insertRows, upsertRows } from '../database/write-rows';
import type { Checkpoint } from './checkpoint';
import { advanceCheckpoint } from './checkpoint';
import { CachedRows } from './known-rows';
import { ProjectionHaltedError } from './projection-halted.error';
import { ReadModelFold } from './read-model-fold';
import { readableEvents } from './readable-events';

export interface WriteOutcome {
  /** Null: somebody else writes this read model, and nothing of the batch was written. */
  readonly checkpoint: Checkpoint | null;
  /** Set when only the events before the one it names could be written. */
  readonly halted: ProjectionHaltedError | undefined;
}

/** Writes batches of events: each changed row once, rows and checkpoint in one transaction. */
export class ReadModelWriter {
  private readonly known: CachedRows;

  constructor(private readonly database: ReadModelDatabase) {
    this.known = new CachedRows(database);
  }

  /** To be called whenever somebody else may have written. */
  forget(): void {
    this.known.forget();
  }

  async write(from: Checkpoint, stored: readonly StoredEvent[]): Promise<WriteOutcome> {
    try {
      return await this.writeTogether(from, stored);
    } catch (error) {
      if (!isRefusal(error)) throw error;
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
      const outcome = await this.writeAlone(checkpoint, event);
      if (outcome.checkpoint === null || outcome.halted) return outcome;
      checkpoint = outcome.checkpoint;
    }
    return { checkpoint, halted: undefined };
  }

  private async writeAlone(from: Checkpoint, event: StoredEvent): Promise<WriteOutcome> {
    try {
      return await this.writeTogether(from, [event]);
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      const reason = `The database refuses its rows: ${cause.message}`;
      return { checkpoint: from, halted: new ProjectionHaltedError(reason, event, { cause }) };
    }
  }

  private async writeTogether(
    from: Checkpoint,
    stored: readonly StoredEvent[],
  ): Promise<WriteOutcome> {
    const { events, halted: unreadable } = readableEvents(stored);
    await this.known.prepare(events);
    const fold = new ReadModelFold(this.known);
    const halted = fold.applyAll(events) ?? unreadable;
    const checkpoint = await this.commit(from, fold);
    return { checkpoint, halted };
  }

  private async commit(from: Checkpoint, fold: ReadModelFold): Promise<Checkpoint | null> {
    const { last, events } = fold;
    if (!last) return from;
    const checkpoint = await this.database.transaction().execute(async (transaction) => {
      // First: its row lock keeps a second projector, and the swap after a rebuild, out of all other rows.
      const advanced = await advanceCheckpoint(transaction, from, { last, events });
      if (advanced) await writeFold(transaction, fold);
      return advanced;
    });
    if (checkpoint) this.known.remember(fold);
    return checkpoint;
  }
}

async function writeFold(transaction: ReadModelDatabase, fold: ReadModelFold): Promise<void> {
  await insertRows(transaction, TIMELINE_ROWS, fold.timeline);
  await upsertRows(transaction, INSTANCE_ROWS, [...fold.instances.values()]);
  await upsertRows(transaction, UPGRADE_ROWS, [...fold.upgrades.values()]);
}
