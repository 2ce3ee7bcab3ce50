import type { EventStore } from '@uplift/event-store';
import { systemClock } from '@uplift/runtime';
import { sql } from 'kysely';
import type { Connections } from '../../../apps/projector/src/read-model/postgres.connections';
import { openConnections } from '../../../apps/projector/src/read-model/postgres.connections';
import { PostgresReadModel } from '../../../apps/projector/src/read-model/postgres.read-model';
import type { RebuildProgress } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { rebuildReadModel } from '../../../apps/projector/src/rebuild/rebuild-read-model';

type Row = Readonly<Record<string, unknown>>;

/** Runs against the live tables and lets go of them. */
export async function withReadModel<T>(
  url: string,
  use: (database: Connections) => Promise<T>,
): Promise<T> {
  const database = openConnections({ url, poolSize: 1 });
  try {
    await sql`set search_path to uplift`.execute(database);
    return await use(database);
  } finally {
    await database.destroy();
  }
}

/** Every row of every table, in a fixed order, without what says when and by whom it was written. */
export function allRows(url: string) {
  return withReadModel(url, async (database) => {
    const select = async (query: string) => (await sql.raw<Row>(query).execute(database)).rows;
    return {
      instances: await select('select * from instances order by instance_id'),
      upgrades: await select('select * from upgrades order by upgrade_id'),
      timeline: await select('select * from timeline order by instance_id, revision'),
      switches: await select('select * from switches order by switch_id'),
      findings: await select('select * from findings order by finding_id'),
      checkpoint: await select(
        'select position, events, last_event_id, last_event_hash, last_event_at, version from checkpoint',
      ),
    };
  });
}

export async function rebuild(
  store: EventStore,
  url: string,
  onProgress: (progress: RebuildProgress) => void = () => undefined,
): Promise<RebuildProgress> {
  const readModel = new PostgresReadModel({ url });
  try {
    return await rebuildReadModel({ store, readModel, clock: systemClock, onProgress });
  } finally {
    await readModel.close();
  }
}
