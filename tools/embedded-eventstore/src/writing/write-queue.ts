import { TOMBSTONE_REVISION, type LogRecord } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';
import { toRecord, type ProposedEvent } from '../wire/event-message';
import type { Appended } from './append-request';
import { AssignedStreams } from './assigned-streams';
import { GroupCommit, type CommitListener } from './group-commit';
import { RecentIds } from './recent-ids';
import { streamFactsOf } from './stream-facts';
import type { StreamFacts } from './version-check';

const REMEMBERED_IDS = 100_000;

/**
 * Gives events their revision and position and queues them for the next commit. Everything written in one
 * turn, without an await in between, becomes durable together or not at all.
 */
export class WriteQueue {
  readonly assigned: AssignedStreams;
  private readonly commits: GroupCommit;
  private readonly recent = new RecentIds(REMEMBERED_IDS);

  constructor(
    log: RecordLog,
    private readonly now: () => number,
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
    return streamFactsOf(this.assigned, this.recent, stream);
  }

  write(stream: string, events: readonly ProposedEvent[]): void {
    if (events.length === 0) return;
    let revision = this.assigned.lastRevision(stream);
    const createdAt = this.now();
    const records = events.map((event) => this.assign(stream, event, ++revision, createdAt));
    for (const { id, revision: at } of records) this.recent.remember(stream, id, at);
    this.commits.enqueue(records);
  }

  writeTombstone(stream: string, event: ProposedEvent): void {
    this.commits.enqueue([this.assign(stream, event, TOMBSTONE_REVISION, this.now())]);
  }

  /** Resolves once the event at `revision` is durable, which for a repeat may still lie ahead. */
  async acknowledge(stream: string, revision: number): Promise<Appended> {
    const position = this.assigned.recordAt(stream, revision)?.position;
    if (position !== undefined) await this.commits.durable(position);
    return { kind: 'appended', revision, position };
  }

  /** The answer to an append without events. */
  nothingAppended(stream: string): Appended {
    const revision = this.assigned.lastRevision(stream);
    return { kind: 'appended', revision, position: undefined };
  }

  idle(): Promise<void> {
    return this.commits.idle();
  }

  private assign(
    stream: string,
    event: ProposedEvent,
    revision: number,
    createdAt: number,
  ): LogRecord {
    const position = this.assigned.takePosition();
    const record = toRecord(event, { stream, revision, position, createdAt });
    this.assigned.add(record);
    return record;
  }
}
