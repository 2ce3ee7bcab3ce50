import type { Kysely, Migration } from 'kysely';
import { sql } from 'kysely';

/** Rows of version 1 stay readable, and are not continued: they lack what later folds add. */
const STATEMENTS = [
  'alter table upgrades add column waiting_for text',
  'update checkpoint set version = 2 where position is null',
];

export const waitingForMigration: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  },
};
