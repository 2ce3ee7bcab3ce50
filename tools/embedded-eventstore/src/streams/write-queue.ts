import { setImmediate } from 'node:timers/promises';
import {
  TOMBSTONE_REVISION,
  type LogRecord,
  type RecordLog,
  type StreamView,
} from '../persistence/record-log.port';
import { toRecord } from '../protocol/event-message';
import type { Appended, ProposedEvent } from './append-request';
import { isSoftDeleted, metadataStreamOf } from './stream-metadata';
import type { StreamFacts } from './version-check';

const REMEMBERED_IDS = 100_000;

export interface WriteSettings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What clients see of a position is a multiple of this. */
  readonly positionStep: number;
}

interface CommitListener {
  committed(records: readonly LogRecord[]): void;
  /** Everything queued was checked against a state that now never comes to be. */
  commitFailed(error: unknown): void;
}

interface Waiter {
  readonly position: number;
  readonly resolve: () => void;
}

/**
 * Gives events their revision and position and queues them for the next commit. Everything written in one
 * turn, without an await in between, becomes durable together or not at all.
 */
export class WriteQueue {
  readonly assigned: AssignedStreams;
  private readonly commits: GroupCommit;
  /** Where the latest events went, by id: an id is remembered for the stream that had it last. */
  private readonly recent = new Map<
    string,
    { readonly stream: string; readonly revision: number }
  >();

  constructor(
    log: RecordLog,
    private readonly settings: WriteSettings,
    listener: CommitListener,
  ) {
    this.assigned = new AssignedStreams(log);
    this.commits = new GroupCommit(log, {
      committed: (records) => {
        this.assigned.committed(records);
        listener.committed(records);
      },
      commitFailed: (error) => listener.commitFailed(error),
    });
  }

  factsOf(stream: string): StreamFacts {
    const { assigned, recent } = this;
    return {
      last: assigned.lastRevision(stream),
      isSoftDeleted: isSoftDeleted(assigned, stream),
      hasMetadata: assigned.lastRevision(metadataStreamOf(stream)) !== -1,
      idAt: (revision) => assigned.recordAt(stream, revision)?.id,
      recentRevision: (id) => {
        const place = recent.get(id);
        return place?.stream === stream ? place.revision : undefined;
      },
    };
  }

  write(stream: string, events: readonly ProposedEvent[]): void {
    let revision = this.assigned.lastRevision(stream);
    const createdAt = this.settings.now();
    const records = events.map((event) => this.assign(stream, event, ++revision, createdAt));
    for (const { id, revision: at } of records) this.remember(id, { stream, revision: at });
    this.commits.enqueue(records);
  }

  writeTombstone(stream: string, event: ProposedEvent): void {
    this.commits.enqueue([this.assign(stream, event, TOMBSTONE_REVISION, this.settings.now())]);
  }

  /** Resolves once the event at `revision` is durable, which for a repeat may still lie ahead. */
  async acknowledge(stream: string, revision: number): Promise<Appended> {
    const position = this.assigned.recordAt(stream, revision)?.position;
    if (position === undefined) return { kind: 'appended', revision, position };
    await this.commits.durable(position);
    return { kind: 'appended', revision, position: position * this.settings.positionStep };
  }

  acknowledgeLast(stream: string): Promise<Appended> {
    return this.acknowledge(stream, this.assigned.lastRevision(stream));
  }

  isDurable(stream: string, revision: number): boolean {
    const position = this.assigned.recordAt(stream, revision)?.position ?? 0;
    return this.commits.isDurable(position);
  }

  idle(): Promise<void> {
    return this.commits.idle();
  }

  private remember(
    id: string,
    place: { readonly stream: string; readonly revision: number },
  ): void {
    this.recent.delete(id);
    this.recent.set(id, place);
    if (this.recent.size <= REMEMBERED_IDS) return;
    const [oldest] = this.recent.keys();
    if (oldest !== undefined) this.recent.delete(oldest);
  }

  private assign(
    stream: string,
    event: ProposedEvent,
    revision: number,
    createdAt: number,
  ): LogRecord {
    const position = this.assigned.takePosition();
    const place = { stream, revision, position, createdAt };
    const record = toRecord(event, place, this.settings.positionStep);
    this.assigned.add(record);
    return record;
  }
}

/** The log as it will be once everything queued is committed. */
class AssignedStreams implements StreamView {
  private readonly queued = new Map<string, LogRecord[]>();
  private nextPosition: number;

  constructor(private readonly log: RecordLog) {
    this.nextPosition = log.lastPosition + 1;
  }

  takePosition(): number {
    return this.nextPosition++;
  }

  add(record: LogRecord): void {
    const queued = this.queued.get(record.stream);
    if (queued) queued.push(record);
    else this.queued.set(record.stream, [record]);
  }

  /** The oldest queued records of each stream are now part of the log. */
  committed(records: readonly LogRecord[]): void {
    for (const { stream } of records) {
      const queued = this.queued.get(stream);
      queued?.shift();
      if (queued?.length === 0) this.queued.delete(stream);
    }
  }

  lastRevision(stream: string): number {
    return this.queued.get(stream)?.at(-1)?.revision ?? this.log.lastRevision(stream);
  }

  recordAt(stream: string, revision: number): LogRecord | undefined {
    const queued = this.queued.get(stream)?.find((record) => record.revision === revision);
    return queued ?? this.log.recordAt(stream, revision);
  }
}

/** Collects records while the previous commit runs, then writes all of them in one. */
class GroupCommit {
  private queue: LogRecord[] = [];
  private waiters: Waiter[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly log: RecordLog,
    private readonly listener: CommitListener,
  ) {}

  enqueue(records: readonly LogRecord[]): void {
    this.queue.push(...records);
    this.running ??= this.run();
  }

  isDurable(position: number): boolean {
    return position <= this.log.lastPosition;
  }

  /** Resolves when the record at `position` is durable. */
  durable(position: number): Promise<void> {
    if (this.isDurable(position)) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ position, resolve }));
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      // Appends that arrive in the same turn of the event loop share the first commit.
      await setImmediate();
      while (this.queue.length > 0) await this.commitQueued();
      this.running = undefined;
    } catch (error) {
      this.listener.commitFailed(error);
    }
  }

  private async commitQueued(): Promise<void> {
    const records = this.queue;
    this.queue = [];
    await this.log.commit(records);
    const last = this.log.lastPosition;
    const due = this.waiters.filter(({ position }) => position <= last);
    this.waiters = this.waiters.filter(({ position }) => position > last);
    for (const { resolve } of due) resolve();
    this.listener.committed(records);
  }
}
