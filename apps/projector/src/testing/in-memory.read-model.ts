import type { Percentiles, StageStats } from '@uplift/contracts';
import type { InstanceView, Labels, StageTimes, TimedStage } from '@uplift/domain';
import { durationOf, isWithin } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type {
  Checkpoint,
  FoldedEvent,
  LastEvent,
  PageRequest,
  Range,
  ReadModelChanges,
  ReplaceLive,
  Snapshot,
} from '../read-model/read-model.port';
import {
  ReadModel,
  RebuildRunningError,
  RowsRefusedError,
  SchemaError,
} from '../read-model/read-model.port';
import {
  FINDINGS,
  INSTANCES,
  READ_MODEL_VERSION,
  SWITCHES,
  TIMELINE,
  UPGRADES,
} from '../read-model/read-model.tables';
import { toStorableJson } from '../read-model/storable-json';
import type { Table } from '../read-model/table';

type Rows = Map<string, unknown>;

/** Tables and checkpoint together: a rebuild exchanges them at once. */
class Tables implements Snapshot {
  constructor(
    public at: Checkpoint,
    private readonly byName = new Map<string, Rows>(),
    private readonly limits: readonly Labels[] = [],
    private readonly instances: Partial<InstanceView> = {},
  ) {}

  limitedTo(limits: readonly Labels[]): Snapshot {
    return new Tables(this.at, this.byName, [...this.limits, ...limits], this.instances);
  }

  ofInstances(where: Partial<InstanceView>): Snapshot {
    return new Tables(this.at, this.byName, this.limits, where);
  }

  copy(): Tables {
    const rows = [...this.byName].map(([name, table]) => [name, new Map(table)] as const);
    return new Tables(this.at, new Map(rows));
  }

  rowsOf(table: { readonly name: string }): Rows {
    const rows = this.byName.get(table.name) ?? new Map<string, unknown>();
    this.byName.set(table.name, rows);
    return rows;
  }

  all<View>(table: Table<View>): View[] {
    const rows = [...this.rowsOf(table).values()] as View[];
    if (this.limits.length === 0 && Object.keys(this.instances).length === 0) return rows;
    const { field, prefix } = table.ofInstance;
    const instances = [...this.rowsOf(INSTANCES).values()] as InstanceView[];
    const seen = instances
      .filter((instance) => hasAll(instance, this.instances))
      .filter(({ labels }) => this.limits.every((limit) => isWithin(labels, limit)));
    const names = new Set(seen.map(({ instanceId }) => prefix + instanceId));
    return rows.filter((row) => names.has(String(row[field])));
  }

  checkpoint(): Promise<Checkpoint> {
    return Promise.resolve(this.at);
  }

  byIds<View>(table: Table<View>, ids: readonly string[]): View[] {
    return this.all(table).filter((view) => ids.includes(table.idOf(view)));
  }

  find<View>(table: Table<View>, id: string): Promise<View | undefined> {
    return Promise.resolve(this.byIds(table, [id])[0]);
  }

  findAll<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    return Promise.resolve(this.byIds(table, ids));
  }

  page<View>(
    table: Table<View>,
    { where, within, order = table.order, after, limit }: PageRequest<View>,
  ): Promise<View[]> {
    const sign = order.isDescending ? -1 : 1;
    const keyOf = (view: View) => order.fields.map((field) => view[field as keyof View]);
    const rows = this.all(table)
      .filter((view) => hasAll(view, where))
      .filter((view) => !within || isInRange(view[within.field as keyof View], within))
      .filter((view) => !after || sign * compared(keyOf(view), after) > 0)
      .sort((one, other) => sign * compared(keyOf(one), keyOf(other)));
    return Promise.resolve(rows.slice(0, limit));
  }

  countBy<View>(
    table: Table<View>,
    field: keyof View & string,
    where: Partial<View> = {},
  ): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const view of this.all(table).filter((each) => hasAll(each, where))) {
      const name = String(view[field]);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return Promise.resolve(counts);
  }

  async stageStats(newest: number): Promise<StageStats[]> {
    const byStage = new Map<TimedStage, StageTimes[]>();
    for (const { stages } of await this.page(UPGRADES, { where: {}, limit: newest })) {
      for (const [name, times] of Object.entries(stages)) {
        const stage = name as TimedStage;
        byStage.set(stage, [...(byStage.get(stage) ?? []), times]);
      }
    }
    return [...byStage].map(([stage, times]) => {
      const queued = present(times.map((each) => durationOf(each).queuedMs));
      const active = present(times.map((each) => durationOf(each).activeMs));
      const count = queued.length;
      return { stage, count, queuedMs: percentiles(queued), activeMs: percentiles(active) };
    });
  }
}

/** What all connections share. */
interface Database {
  /** Absent once somebody has dropped them. */
  tables?: Tables;
  generations: number;
  isRebuilding: boolean;
  isAway: boolean;
  isFull: boolean;
}

/** One connection to a database in memory. */
export class InMemoryReadModel extends ReadModel {
  private isClosed = false;

  constructor(
    private readonly clock: Pick<Clock, 'wall'>,
    private readonly database: Database = {
      ...{ generations: 0, isRebuilding: false, isAway: false, isFull: false },
    },
  ) {
    super();
    if (database.generations === 0) this.migrate();
  }

  /** Another connection to the same database. */
  connect(): InMemoryReadModel {
    return new InMemoryReadModel(this.clock, this.database);
  }

  /** From now on every call of every connection fails, or none. */
  set isAway(isAway: boolean) {
    this.database.isAway = isAway;
  }

  /** From now on nothing more can be written, and all can be read; or both again. */
  set isFull(isFull: boolean) {
    this.database.isFull = isFull;
  }

  /** As somebody drops all tables. */
  wipe(): void {
    delete this.database.tables;
  }

  /** As the migration makes them. */
  migrate(): void {
    this.database.tables ??= this.emptyTables();
  }

  override check(): Promise<void> {
    return this.answer(() => void this.tables);
  }

  override checkpoint(): Promise<Checkpoint> {
    return this.answer(() => this.tables.at);
  }

  override load<View>(table: Table<View>, ids: readonly string[]): Promise<View[]> {
    return this.answer(() => this.tables.byIds(table, ids));
  }

  override commit(from: Checkpoint, changes: ReadModelChanges): Promise<Checkpoint | null> {
    return this.answer(() => {
      const { at } = this.tables;
      if (!isAt(at, from)) return null;
      if (this.database.isFull) throw new Error('No space left on device');
      const next = this.tables.copy();
      put(next, TIMELINE, changes.timeline);
      put(next, INSTANCES, changes.instances);
      put(next, UPGRADES, changes.upgrades);
      put(next, SWITCHES, changes.switches);
      put(next, FINDINGS, changes.findings);
      next.at = {
        ...at,
        position: changes.last.position,
        lastEvent: lastEventOf(changes.last),
        seenUpTo: changes.seenUpTo ?? changes.last.position,
        acceptedStore: changes.acceptedStore ?? at.acceptedStore,
        events: at.events + changes.events,
        lastEventAt: Date.parse(changes.last.recordedAt),
        updatedAt: this.clock.wall(),
      };
      this.database.tables = next;
      return next.at;
    });
  }

  override noteSeen(from: Checkpoint, seenUpTo: bigint): Promise<void> {
    return this.answer(() => {
      const { tables } = this;
      const { at } = tables;
      if (isAt(at, from)) tables.at = { ...at, seenUpTo };
    });
  }

  override async read<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return read(await this.answer(() => this.tables));
  }

  override async rebuild<T>(
    fill: (fresh: ReadModel, replaceLive: ReplaceLive) => Promise<T>,
  ): Promise<T> {
    const { database } = this;
    await this.check();
    if (database.isRebuilding) throw new RebuildRunningError();
    const own: Database = { ...database, tables: this.emptyTables() };
    database.isRebuilding = true;
    try {
      return await fill(new InMemoryReadModel(this.clock, own), async (storeEnd) => {
        const [live, rebuilt] = [positionOf(database), positionOf(own)];
        if (rebuilt < live && rebuilt < ((await storeEnd()) ?? -1n)) return false;
        if (own.tables) database.tables = own.tables;
        return true;
      });
    } finally {
      database.isRebuilding = false;
    }
  }

  override close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  private get tables(): Tables {
    const { tables } = this.database;
    if (!tables) throw new SchemaError('The database has no schema: run uplift migrate');
    return tables;
  }

  private emptyTables(): Tables {
    this.database.generations += 1;
    return new Tables({
      generation: `generation-${this.database.generations}`,
      version: READ_MODEL_VERSION,
      position: null,
      lastEvent: null,
      seenUpTo: null,
      acceptedStore: null,
      events: 0,
      lastEventAt: null,
      updatedAt: this.clock.wall(),
    });
  }

  /** Later, as a real database answers. */
  private answer<T>(work: () => T): Promise<T> {
    return Promise.resolve().then(() => {
      if (this.isClosed || this.database.isAway) throw new Error('The database is away');
      return work();
    });
  }
}

/** The rows are still those that the checkpoint was read from. */
function isAt(at: Checkpoint, from: Checkpoint): boolean {
  return (
    at.generation === from.generation &&
    at.version === from.version &&
    at.position === from.position
  );
}

function lastEventOf({ id, hash, stream, revision }: FoldedEvent): LastEvent {
  return { id, hash, stream, revision };
}

function put<View>(tables: Tables, table: Table<View>, views: readonly View[]): void {
  const rows = tables.rowsOf(table);
  for (const view of views) {
    const stored = JSON.parse(toStorableJson(view)) as View;
    const key = JSON.stringify(table.options.key.map((field) => stored[field]));
    if (table.options.isAppendOnly && rows.has(key)) {
      throw new RowsRefusedError(`The row ${key} of ${table.name} exists already`, false);
    }
    rows.set(key, stored);
  }
}

function positionOf({ tables }: Database): bigint {
  return tables?.at.position ?? -1n;
}

function hasAll<View>(view: View, where: Partial<View>): boolean {
  const wanted = Object.entries(where) as [keyof View, unknown][];
  return wanted.every(([field, value]) => view[field] === value);
}

function isInRange(value: unknown, { from = -Infinity, before = Infinity }: Range): boolean {
  return typeof value === 'number' && value >= from && value < before;
}

/** A time that is not there comes after all others. */
function compared(one: readonly unknown[], other: readonly unknown[]): number {
  for (const [n, value] of one.entries()) {
    const [left, right] = [sortable(value), sortable(other[n])];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function sortable(value: unknown): string | number {
  return value === null ? Infinity : (value as string | number);
}

function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null).sort((one, other) => one - other);
}

/** As SQL's `percentile_disc`. */
function percentiles(sorted: readonly number[]): Percentiles {
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { p50: at(0.5), p95: at(0.95) };
}
