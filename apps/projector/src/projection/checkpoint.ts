import type { StoredEvent } from '@uplift/contracts';
import { sql } from 'kysely';
import type { CheckpointTable, ReadModelDatabase } from '../database/read-model.tables';

/** What the rows reflect: everything up to and including `position`, nothing after it. */
export interface Checkpoint {
  readonly generation: string;
  /** Version of the folds that made the rows. */
  readonly version: number;
  readonly position: bigint | null;
  /** Number of events folded since the first. */
  readonly events: number;
  /** Store time of the last event folded, milliseconds since 1970. */
  readonly lastEventAt: number | null;
  readonly updatedAt: number;
}

export async function readCheckpoint(database: ReadModelDatabase): Promise<Checkpoint> {
  const row = await database.selectFrom('checkpoint').selectAll().executeTakeFirstOrThrow();
  return toCheckpoint(row);
}

/**
 * Moves the checkpoint on, unless somebody else has moved it; then the answer is null and nothing may be written.
 * Holds the row's lock until the transaction ends.
 */
export async function advanceCheckpoint(
  transaction: ReadModelDatabase,
  from: Checkpoint,
  to: { readonly last: StoredEvent; readonly events: number },
): Promise<Checkpoint | null> {
  const { last, events } = to;
  const row = await transaction
    .updateTable('checkpoint')
    .set({
      position: last.position.toString(),
      events: sql<string>`events + ${events}`,
      last_event_id: last.id,
      last_event_at: new Date(last.recordedAt),
      updated_at: sql<Date>`now()`,
    })
    .where('generation', '=', from.generation)
    .where(sql<boolean>`position is not distinct from ${from.position?.toString() ?? null}::bigint`)
    .returningAll()
    .executeTakeFirst();
  return row ? toCheckpoint(row) : null;
}

function toCheckpoint(row: CheckpointTable): Checkpoint {
  return {
    generation: row.generation,
    version: row.version,
    position: row.position === null ? null : BigInt(row.position),
    events: Number(row.events),
    lastEventAt: row.last_event_at?.getTime() ?? null,
    updatedAt: row.updated_at.getTime(),
  };
}
