import type { LogRecord } from '../log/log-record';
import { TOMBSTONE_REVISION } from '../log/log-record';
import type { RecordLog } from '../log/record-log.port';
import { toRecord, type ProposedEvent } from '../wire/event-message';
import type { AppendOutcome, AppendRequest } from './append-request';
import { AssignedStreams } from './assigned-streams';
import { GroupCommit } from './group-commit';
import { RecentIds } from './recent-ids';
import { streamFactsOf } from './stream-facts';
import { metadataFollowUp } from './soft-delete';
import { describedStreamOf } from './stream-metadata';
import { checkVersion } from './version-check';

const REMEMBERED_IDS = 100_000;

export interface WriterEvents {
  committed(records: readonly LogRecord[]): void;
  failed(error: unknown): void;
}

/** The one way into the log: checks against the assigned state, answers when durable. */
export class StreamWriter {
  readonly assigned: AssignedStreams;
  private readonly commits: GroupCommit;
  private readonly recent = new RecentIds(REMEMBERED_IDS);

  constructor(
    log: RecordLog,
    private readonly now: () => number,
    events: WriterEvents,
  ) {
    this.assigned = new AssignedStreams(log);
    this.commits = new GroupCommit(log, {
      committed: (records) => {
        this.assigned.committed(records);
        events.committed(records);
      },
      commitFailed: (error) => events.failed(error),
    });
  }

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, expected, events } = request;
    if (this.isTombstoned(stream)) return { kind: 'stream-deleted' };
    const facts = streamFactsOf(this.assigned, this.recent, stream);
    const ids = events.map(({ id }) => id);
    const verdict = checkVersion(expected, ids, facts);
    if (verdict.kind === 'stream-deleted') return verdict;
    if (verdict.kind === 'wrong-version') {
      return { kind: 'wrong-version', current: facts.last, expected };
    }
    if (verdict.kind === 'repeat') return this.acknowledge(stream, verdict.revision);
    const followUp = metadataFollowUp(this.assigned, stream, events);
    this.write(stream, events);
    if (followUp) this.write(followUp.stream, followUp.events);
    return this.acknowledge(stream, facts.last + events.length);
  }

  /** Ends a stream for good; the caller has checked the version. */
  async tombstone(stream: string, event: ProposedEvent): Promise<AppendOutcome> {
    this.commit([this.assign(stream, event, TOMBSTONE_REVISION)]);
    return this.acknowledge(stream, TOMBSTONE_REVISION);
  }

  idle(): Promise<void> {
    return this.commits.idle();
  }

  private isTombstoned(stream: string): boolean {
    const described = describedStreamOf(stream);
    return described !== undefined && this.assigned.lastRevision(described) === TOMBSTONE_REVISION;
  }

  private write(stream: string, events: readonly ProposedEvent[]): void {
    let revision = this.assigned.lastRevision(stream);
    const records = events.map((event) => this.assign(stream, event, ++revision));
    for (const { id, revision: at } of records) this.recent.remember(stream, id, at);
    this.commit(records);
  }

  private assign(stream: string, event: ProposedEvent, revision: number): LogRecord {
    const position = this.assigned.takePosition();
    const record = toRecord(event, { stream, revision, position, createdAt: this.now() });
    this.assigned.add(record);
    return record;
  }

  private commit(records: readonly LogRecord[]): void {
    if (records.length > 0) this.commits.enqueue(records);
  }

  private async acknowledge(stream: string, revision: number): Promise<AppendOutcome> {
    const position = this.assigned.recordAt(stream, revision)?.position;
    if (position !== undefined) await this.commits.durable(position);
    return { kind: 'appended', revision, position };
  }
}
