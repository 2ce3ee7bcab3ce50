import { openDatabase } from '../../../apps/projector/src/database/open-database';
import type { ReadModelDatabase } from '../../../apps/projector/src/database/read-model.tables';

/** Runs against the live tables and lets go of them. */
export async function withReadModel<T>(
  url: string,
  use: (database: ReadModelDatabase) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ url, poolSize: 1 });
  try {
    return await use(database);
  } finally {
    await database.destroy();
  }
}

/** Every row of every table, in a fixed order, without what says when and by whom it was written. */
export function allRows(url: string) {
  return withReadModel(url, async (database) => ({
    instances: await database.selectFrom('instances').selectAll().orderBy('instance_id').execute(),
    upgrades: await database.selectFrom('upgrades').selectAll().orderBy('upgrade_id').execute(),
    timeline: await database
      .selectFrom('timeline')
      .selectAll()
      .orderBy('instance_id')
      .orderBy('revision')
      .execute(),
    checkpoint: await database
      .selectFrom('checkpoint')
      .select(['position', 'events', 'last_event_id', 'last_event_at', 'version'])
      .execute(),
  }));
}
