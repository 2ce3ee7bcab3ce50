import type { Percentiles, StageStats } from '@uplift/contracts';
import { sql } from 'kysely';
import type { Connections, PostgresOptions } from './postgres.connections';
import { LIVE_SCHEMA, openConnections, REBUILD_SCHEMA } from './postgres.connections';
import { onEmptySchema, prepareSchema, replaceLiveSchema } from './postgres.schema';
import { columnsOf, selectByIds, selectPage, writeRows } from './postgres.statements';
import type {
  Checkpoint,
  PageRequest,
  ReadModelChanges,
  ReplaceLive,
  Snapshot,
} from './read-model.port';
import { ReadModel, RowsRefusedError } from './read-model.port';
import { INSTANCES, SWITCHES, TIMELINE, UPGRADES } from './read-model.tables';
import type { Table } from './table';

/** Of a rebuild: its batches are large, and what a crash loses is built again. */
const REBUILD = {
  schema: REBUILD_SCHEMA,
  statementTimeoutMs: 120_000,
  synchronousCommit: false,
} as const;

/** SQLSTATE classes: data exception, integrity violation, program limit exceeded. */
const REFUSED = /^(22|23|54)/;

export class PostgresReadModel extends ReadModel {
  private readonly connections: Connections;

  constructor(private readonly options: PostgresOptions) {
    super();
    this.connections = openConnections(options);
  }

  override prepare(): Promise<void> {
    return prepareSchema(this.connections, this.options.schema ?? LIVE_SCHEMA);
  }

  override checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.connections);
  }

  override async load<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    const { rows } = await selectByIds(table, ids).execute(this.connections);
    return rows.map((row) => table.toView(row));
  }

  override async commit(from: Checkpoint, changes: ReadModelChanges): Promise<Checkpoint | null> {
    try {
      return await this.connections.transaction().execute(async (transaction) => {
        // First: its row lock keeps a second projector, and the swap after a rebuild, out of all other rows.
        const advanced = await advanceCheckpoint(transaction, from, changes);
        if (advanced) await writeChanges(transaction, changes);
        return advanced;
      });
    } catch (error) {
      throw isRefusal(error) ? new RowsRefusedError(error.message, { cause: error }) : error;
    }
  }

  override read<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const transaction = this.connections.transaction();
    return transaction
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((connection) => read(new PostgresSnapshot(connection)));
  }

  override async rebuild<T>(
    fill: (fresh: ReadModel, replaceLive: ReplaceLive) => Promise<T>,
  ): Promise<T> {
    const fresh = new PostgresReadModel({ ...this.options, ...REBUILD });
    const { connections } = fresh;
    try {
      return await onEmptySchema(connections, () => fill(fresh, replaceLiveSchema(connections)));
    } finally {
      await fresh.close();
    }
  }

  override close(): Promise<void> {
    return this.connections.destroy();
  }
}

class PostgresSnapshot implements Snapshot {
  constructor(private readonly connection: Connections) {}

  checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.connection);
  }

  async find<View>(table: Table<View>, id: string): Promise<View | undefined> {
    const { rows } = await selectByIds(table, [id]).execute(this.connection);
    return rows[0] && table.toView(rows[0]);
  }

  async page<View>(table: Table<View>, request: PageRequest<View>): Promise<View[]> {
    const { rows } = await selectPage(table, request).execute(this.connection);
    return rows.map((row) => table.toView(row));
  }

  async countBy<View>(
    table: Table<View>,
    field: keyof View & string,
  ): Promise<Record<string, number>> {
    const { rows } = await sql<{ readonly name: string; readonly count: string }>`
      select ${sql.ref(table.column(field).name)} as name, count(*) as count
      from ${sql.table(table.name)} group by 1 order by 1`.execute(this.connection);
    return Object.fromEntries(rows.map(({ name, count }) => [name, Number(count)]));
  }

  async stageStats(newest: number): Promise<StageStats[]> {
    const [stages] = columnsOf(UPGRADES, ['stages']);
    const byAge = columnsOf(UPGRADES, UPGRADES.options.order);
    const { rows } = await sql<StageRow>`
      with durations as (
        select entry.key as stage,
          (value->>'startedAt')::bigint - (value->>'queuedAt')::bigint as queued,
          (value->>'endedAt')::bigint - (value->>'startedAt')::bigint as active
        from (
          select ${stages} as stages from ${sql.table(UPGRADES.name)}
          order by ${sql.join(byAge.map((column) => sql`${column} desc`))} limit ${sql.lit(newest)}
        ) as newest, jsonb_each(newest.stages) as entry(key, value)
      )
      select stage, count(queued) as count,
        to_jsonb(percentile_disc(array[0.5, 0.95]) within group (order by queued)) as queued,
        to_jsonb(percentile_disc(array[0.5, 0.95]) within group (order by active)) as active
      from durations group by stage`.execute(this.connection);
    return rows.map(({ stage, count, queued, active }) => ({
      stage,
      count: Number(count),
      queuedMs: percentiles(queued),
      activeMs: percentiles(active),
    }));
  }
}

interface StageRow extends Pick<StageStats, 'stage'> {
  readonly count: string;
  readonly queued: readonly [number, number] | null;
  readonly active: readonly [number, number] | null;
}

function percentiles(values: readonly [number, number] | null): Percentiles {
  return { p50: values?.[0] ?? null, p95: values?.[1] ?? null };
}

interface CheckpointRow {
  readonly generation: string;
  readonly version: number;
  /** 64 bit as decimal string, as `events`. */
  readonly position: string | null;
  readonly events: string;
  readonly last_event_at: Date | null;
  readonly updated_at: Date;
}

async function readCheckpoint(connection: Connections): Promise<Checkpoint> {
  const { rows } = await sql<CheckpointRow>`select * from checkpoint`.execute(connection);
  if (!rows[0]) throw new Error('The read model has no checkpoint');
  return toCheckpoint(rows[0]);
}

async function advanceCheckpoint(
  transaction: Connections,
  from: Checkpoint,
  { last, events }: ReadModelChanges,
): Promise<Checkpoint | null> {
  const position = from.position?.toString() ?? null;
  const { rows } = await sql<CheckpointRow>`
    update checkpoint set position = ${last.position.toString()}, events = events + ${events},
      last_event_id = ${last.id}, last_event_at = ${last.recordedAt}, updated_at = now()
    where generation = ${from.generation} and version = ${from.version}
      and position is not distinct from ${position}::bigint
    returning *`.execute(transaction);
  return rows[0] ? toCheckpoint(rows[0]) : null;
}

async function writeChanges(transaction: Connections, changes: ReadModelChanges): Promise<void> {
  const write = async <View>(table: Table<View>, views: readonly View[]) => {
    if (views.length > 0) await writeRows(table, views).execute(transaction);
  };
  await write(TIMELINE, changes.timeline);
  await write(INSTANCES, changes.instances);
  await write(UPGRADES, changes.upgrades);
  await write(SWITCHES, changes.switches);
}

function toCheckpoint(row: CheckpointRow): Checkpoint {
  return {
    generation: row.generation,
    version: row.version,
    position: row.position === null ? null : BigInt(row.position),
    events: Number(row.events),
    lastEventAt: row.last_event_at?.getTime() ?? null,
    updatedAt: row.updated_at.getTime(),
  };
}

function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && REFUSED.test(error.code);
}
