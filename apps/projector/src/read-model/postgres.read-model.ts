import type { Percentiles, StageStats } from '@uplift/contracts';
import type { InstanceView, Labels } from '@uplift/domain';
import { sql } from 'kysely';
import type { Connections, PostgresOptions } from './postgres.connections';
import { LIVE_SCHEMA, openConnections, REBUILD_SCHEMA } from './postgres.connections';
import { refuseOtherSchema, refuseUnmigrated } from './postgres.migration';
import { onEmptyTables, replaceLiveRows } from './postgres.rebuild';
import type { Seen } from './postgres.statements';
import {
  allOf,
  allRowsOf,
  columnsOf,
  countRows,
  ofInstances,
  selectByIds,
  selectPage,
  writeRows,
} from './postgres.statements';
import type {
  Checkpoint,
  LastEvent,
  PageRequest,
  ReadModelChanges,
  ReplaceLive,
  Snapshot,
} from './read-model.port';
import { ReadModel, RowsRefusedError } from './read-model.port';
import { FINDINGS, INSTANCES, SWITCHES, TIMELINE, UPGRADES } from './read-model.tables';
import type { Table } from './table';

/** Of a rebuild: its batches are large, and what a crash loses is built again. */
const REBUILD = {
  statementTimeoutMs: 120_000,
  synchronousCommit: false,
} as const;
/** Of its end: how long whole tables take to be copied depends on their size alone. */
const REPLACE = { poolSize: 1, isUnhurried: true, synchronousCommit: true } as const;

/** SQLSTATE classes: data exception, integrity violation, program limit exceeded. */
const REFUSED = /^(22|23|54)/;
/** Of those: what is wrong is the content of a row, not the rows that are there. */
const OF_CONTENT = /^(22|54)/;

export class PostgresReadModel extends ReadModel {
  private readonly connections: Connections;

  constructor(
    private readonly options: PostgresOptions,
    private readonly schema = LIVE_SCHEMA,
  ) {
    super();
    this.connections = openConnections(options);
  }

  override check(): Promise<void> {
    return refuseUnmigrated(this.connections);
  }

  override checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.connections, this.schema);
  }

  override async load<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    const statement = selectByIds(allRowsOf(this.schema), table, ids);
    const { rows } = await statement.execute(this.connections);
    return rows.map((row) => table.toView(row));
  }

  override async commit(from: Checkpoint, changes: ReadModelChanges): Promise<Checkpoint | null> {
    try {
      return await this.connections.transaction().execute(async (transaction) => {
        // First: its row lock keeps a second projector, and the swap after a rebuild, out of all other rows.
        const advanced = await this.advanceCheckpoint(transaction, from, changes);
        if (advanced) await this.writeChanges(transaction, changes);
        return advanced;
      });
    } catch (error) {
      throw isRefusal(error)
        ? new RowsRefusedError(error.message, OF_CONTENT.test(error.code), { cause: error })
        : error;
    }
  }

  override async noteSeen(from: Checkpoint, seenUpTo: bigint): Promise<void> {
    const position = seenUpTo.toString();
    await sql`update ${this.checkpointTable} set seen_up_to = ${position}
      where ${isAt(from)} and seen_up_to is distinct from ${position}::bigint`.execute(
      this.connections,
    );
  }

  override read<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const transaction = this.connections.transaction();
    return transaction
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((connection) => read(new PostgresSnapshot(connection, allRowsOf(this.schema))));
  }

  override async rebuild<T>(
    fill: (fresh: ReadModel, replaceLive: ReplaceLive) => Promise<T>,
  ): Promise<T> {
    await refuseOtherSchema(this.connections);
    const options = { ...REBUILD, ...this.options };
    const fresh = new PostgresReadModel(options, REBUILD_SCHEMA);
    const replacing = openConnections({ ...options, ...REPLACE });
    try {
      return await onEmptyTables(fresh.connections, (generation) =>
        fill(fresh, replaceLiveRows(replacing, generation)),
      );
    } finally {
      await Promise.all([fresh.close(), replacing.destroy()]);
    }
  }

  override close(): Promise<void> {
    return this.connections.destroy();
  }

  private get checkpointTable() {
    return sql.id(this.schema, 'checkpoint');
  }

  private async advanceCheckpoint(
    transaction: Connections,
    from: Checkpoint,
    { last, events, acceptedStore, seenUpTo }: ReadModelChanges,
  ): Promise<Checkpoint | null> {
    const { rows } = await sql<CheckpointRow>`
      update ${this.checkpointTable} set position = ${last.position.toString()},
        events = events + ${events}, last_event_id = ${last.id}, last_event_hash = ${last.hash},
        last_event_stream = ${last.stream}, last_event_revision = ${last.revision},
        last_event_at = ${last.recordedAt}, seen_up_to = ${(seenUpTo ?? last.position).toString()},
        accepted_store = coalesce(${acceptedStore ?? null}, accepted_store), updated_at = now()
      where ${isAt(from)} returning *`.execute(transaction);
    return rows[0] ? toCheckpoint(rows[0]) : null;
  }

  private async writeChanges(transaction: Connections, changes: ReadModelChanges): Promise<void> {
    const write = async <View>(table: Table<View>, views: readonly View[]) => {
      if (views.length > 0) await writeRows(this.schema, table, views).execute(transaction);
    };
    await write(TIMELINE, changes.timeline);
    await write(INSTANCES, changes.instances);
    await write(UPGRADES, changes.upgrades);
    await write(SWITCHES, changes.switches);
    await write(FINDINGS, changes.findings);
  }
}

class PostgresSnapshot implements Snapshot {
  constructor(
    private readonly connection: Connections,
    private readonly seen: Seen,
  ) {}

  limitedTo(limits: readonly Labels[]): Snapshot {
    const all = [...this.seen.limits, ...limits];
    return new PostgresSnapshot(this.connection, { ...this.seen, limits: all });
  }

  ofInstances(where: Partial<InstanceView>): Snapshot {
    return new PostgresSnapshot(this.connection, { ...this.seen, instances: where });
  }

  checkpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.connection, this.seen.schema);
  }

  async find<View>(table: Table<View>, id: string): Promise<View | undefined> {
    const [found] = await this.findAll(table, [id]);
    return found;
  }

  async findAll<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    const { rows } = await selectByIds(this.seen, table, ids).execute(this.connection);
    return rows.map((row) => table.toView(row));
  }

  async page<View>(table: Table<View>, request: PageRequest<View>): Promise<View[]> {
    const { rows } = await selectPage(this.seen, table, request).execute(this.connection);
    return rows.map((row) => table.toView(row));
  }

  async countBy<View>(
    table: Table<View>,
    field: keyof View & string,
    where: Partial<View> = {},
  ): Promise<Record<string, number>> {
    const statement = countRows(this.seen, table, { field, where });
    const { rows } = await statement.execute(this.connection);
    return Object.fromEntries(rows.map(({ name, count }) => [String(name), Number(count)]));
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
          select ${stages} as stages from ${sql.id(this.seen.schema, UPGRADES.name)}
          ${allOf(ofInstances(this.seen, UPGRADES))}
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
  readonly last_event_id: string | null;
  readonly last_event_hash: string | null;
  readonly last_event_stream: string | null;
  readonly last_event_revision: number | null;
  readonly last_event_at: Date | null;
  readonly seen_up_to: string | null;
  readonly accepted_store: string | null;
  readonly updated_at: Date;
}

async function readCheckpoint(connection: Connections, schema: string): Promise<Checkpoint> {
  const { rows } = await sql<CheckpointRow>`select * from ${sql.id(schema, 'checkpoint')}`.execute(
    connection,
  );
  if (!rows[0]) throw new Error('The read model has no checkpoint');
  return toCheckpoint(rows[0]);
}

/** The rows are still those that the checkpoint was read from. */
function isAt({ generation, version, position }: Checkpoint) {
  return sql`generation = ${generation} and version = ${version}
    and position is not distinct from ${position?.toString() ?? null}::bigint`;
}

function toCheckpoint(row: CheckpointRow): Checkpoint {
  return {
    generation: row.generation,
    version: row.version,
    position: positionOf(row.position),
    lastEvent: lastEventOf(row),
    seenUpTo: positionOf(row.seen_up_to ?? row.position),
    acceptedStore: row.accepted_store,
    events: Number(row.events),
    lastEventAt: row.last_event_at?.getTime() ?? null,
    updatedAt: row.updated_at.getTime(),
  };
}

function lastEventOf(row: CheckpointRow): LastEvent | null {
  const { last_event_id: id, last_event_stream: stream, last_event_revision: revision } = row;
  if (id === null || stream === null || revision === null) return null;
  return { id, stream, revision, hash: row.last_event_hash };
}

function positionOf(decimal: string | null): bigint | null {
  return decimal === null ? null : BigInt(decimal);
}

function isRefusal(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && REFUSED.test(error.code);
}
