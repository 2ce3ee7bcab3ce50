import type { StageStats, StoredEvent } from '@uplift/contracts';
import type {
  FindingView,
  InstanceView,
  Labels,
  SwitchView,
  TimelineEntry,
  UpgradeView,
} from '@uplift/domain';
import type { Order, Table } from './table';

/** An event of ours as the store had it: a store that has another in its place is another store. */
export interface LastEvent extends Pick<StoredEvent, 'id' | 'stream' | 'revision'> {
  /** Null if its metadata could not be read. */
  readonly hash: string | null;
}

export interface FoldedEvent extends LastEvent, Pick<StoredEvent, 'position' | 'recordedAt'> {}

/** What the rows reflect: every event of ours up to and including `position`, nothing after it. */
export interface Checkpoint {
  /** Changes with every rebuild: a projector that knew the old tables loses its next write. */
  readonly generation: string;
  /** Version of the folds that made the rows. */
  readonly version: number;
  /** Of the last event folded. */
  readonly position: bigint | null;
  /** Null before the first, and in tables of a build that did not keep it. */
  readonly lastEvent: LastEvent | null;
  /** Position of the last event looked at, ours or not: at or behind `position`. */
  readonly seenUpTo: bigint | null;
  /** The newest decision of an operator, among the events folded, that the store as it is counts. */
  readonly acceptedStore: string | null;
  /** Number of events folded since the first. */
  readonly events: number;
  /** Store time of the last event folded, milliseconds since 1970. */
  readonly lastEventAt: number | null;
  readonly updatedAt: number;
}

/** What a batch of events makes of the rows: each row that changes once, whole, in its last form. */
export interface ReadModelChanges {
  readonly instances: readonly InstanceView[];
  readonly upgrades: readonly UpgradeView[];
  /** New rows. */
  readonly timeline: readonly TimelineEntry[];
  readonly switches: readonly SwitchView[];
  readonly findings: readonly FindingView[];
  /** Set by a decision in the batch. */
  readonly acceptedStore?: string;
  /** Events folded. */
  readonly events: number;
  readonly last: FoldedEvent;
  /** Position of the last event looked at, absent if that is `last`. */
  readonly seenUpTo?: bigint | null;
}

/** A part of a line of time, or all of it. */
export interface Range {
  readonly field: string;
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

export interface PageRequest<View> {
  /** Rows with exactly these values. */
  readonly where: Partial<View>;
  /** Rows whose value of the field is in the range. */
  readonly within?: Range;
  /** That of the table if absent. */
  readonly order?: Order;
  /** Only rows after this one: its values of the fields of the order. */
  readonly after?: readonly unknown[] | undefined;
  readonly limit: number;
}

/** Rows and the checkpoint they belong to, as they were at one moment. */
export interface Snapshot {
  checkpoint(): Promise<Checkpoint>;
  find<View>(table: Table<View>, id: string): Promise<View | undefined>;
  /** The rows whose first key is one of the ids. */
  findAll<View>(table: Table<View>, ids: readonly string[]): Promise<View[]>;
  page<View>(table: Table<View>, request: PageRequest<View>): Promise<View[]>;
  /** Number of rows by value, of those with exactly the values of `where`. */
  countBy<View>(
    table: Table<View>,
    field: keyof View & string,
    where?: Partial<View>,
  ): Promise<Record<string, number>>;
  /** Over the newest upgrades; only stages that were reached. */
  stageStats(newest: number): Promise<StageStats[]>;
  /** The same moment for a reader who sees only rows about instances with these labels, all of each. Reads of tables that are about no instance fail. */
  limitedTo(limits: readonly Labels[]): Snapshot;
  /** The same moment, with only rows about instances that have exactly these values. */
  ofInstances(where: Partial<InstanceView>): Snapshot;
}

/**
 * Makes the live rows those of the rebuilt tables, at once for every reader; the live tables themselves stay, with
 * their grants and all that depends on them. Answers false, and does nothing, if readers would see the past again: the
 * store has newer events, and the live rows reflect some of them. `storeEnd` is asked while nobody can write.
 */
export type ReplaceLive = (storeEnd: () => Promise<bigint | null>) => Promise<boolean>;

/** The database will never take these rows, however often it is asked. */
export class RowsRefusedError extends Error {
  readonly code = 'rows-refused';
  constructor(
    message: string,
    /** True if their content is at fault; false if they do not fit the rows that are there. */
    readonly isOfContent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The tables are not those that this build needs, or not for this role; the message says what to do. */
export class SchemaError extends Error {
  readonly code = 'schema-unusable';
}

export class RebuildRunningError extends Error {
  readonly code = 'rebuild-running';
  constructor() {
    super('Another rebuild of this read model is running: let it finish or end it first');
  }
}

/** The database of the read model: tables, and one checkpoint for all of them. Any call rejects while it is away. */
export abstract class ReadModel {
  /** Throws SchemaError unless the tables are those that this build needs. */
  abstract check(): Promise<void>;
  abstract checkpoint(): Promise<Checkpoint>;
  /** The rows whose first key is one of the ids. */
  abstract load<View>(table: Table<View>, ids: readonly string[]): Promise<View[]>;
  /**
   * Writes rows and checkpoint together, or nothing. Null: somebody else has moved the checkpoint on. Throws
   * RowsRefusedError.
   */
  abstract commit(from: Checkpoint, changes: ReadModelChanges): Promise<Checkpoint | null>;
  /** All that was looked at behind the checkpoint's event is foreign. Does nothing if the checkpoint has moved on. */
  abstract noteSeen(from: Checkpoint, seenUpTo: bigint): Promise<void>;
  abstract read<T>(read: (snapshot: Snapshot) => Promise<T>): Promise<T>;
  /** Runs `fill` on empty tables beside the live ones. Throws RebuildRunningError, SchemaError. */
  abstract rebuild<T>(fill: (fresh: ReadModel, replaceLive: ReplaceLive) => Promise<T>): Promise<T>;
  abstract close(): Promise<void>;
}
