import type { Migration } from 'kysely';
import { Migrator } from 'kysely';
import { readModelMigration } from './migrations/0001-read-model';
import { waitingForMigration } from './migrations/0002-waiting-for';
import { LIVE_SCHEMA, openDatabase } from './open-database';
import type { ReadModelDatabase } from './read-model.tables';

/** Forward only: a row that has been released never changes. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-read-model': readModelMigration,
  '0002-waiting-for': waitingForMigration,
};

const MIGRATION_CONNECTIONS = 2;

/** Brings the schema to this build's state; any number of processes may try at once. */
export async function migrate(database: ReadModelDatabase, schema = LIVE_SCHEMA): Promise<void> {
  const migrator = new Migrator({
    db: database,
    migrationTableSchema: schema,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results.find(({ status }) => status === 'Error')?.migrationName ?? 'preparation';
  throw new Error(`The read model could not be migrated (${failed})`, { cause: error });
}

/** On connections of its own: the lock that keeps other processes out goes with them, whatever happens. */
export async function migrateLive(url: string): Promise<void> {
  const database = openDatabase({ url, poolSize: MIGRATION_CONNECTIONS });
  try {
    await migrate(database);
  } finally {
    await database.destroy();
  }
}
