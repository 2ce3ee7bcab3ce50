import { TOMBSTONE_REVISION } from '../persistence/record-log.port';
import type { AppendOutcome, AppendRequest, DeleteKind, ExpectedVersion } from './append-request';
import {
  describedStreamOf,
  isSoftDeletion,
  revivalOf,
  softDeletion,
  systemEvent,
} from './stream-metadata';
import { checkDelete, checkVersion, type StreamFacts, type Verdict } from './version-check';
import type { WriteQueue } from './write-queue';

const ACCESS_DENIED: AppendOutcome = { kind: 'access-denied' };

/** The one way into the log: checks against the assigned state, answers when durable. */
export class StreamWriter {
  constructor(
    private readonly queue: WriteQueue,
    private readonly allowDeletes: boolean,
  ) {}

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, expected, events } = request;
    if (!this.allowDeletes && isSoftDeletion(request)) return ACCESS_DENIED;
    if (this.describesTombstoned(stream)) return { kind: 'stream-deleted' };
    const facts = this.queue.factsOf(stream);
    const ids = events.map(({ id }) => id);
    const verdict = checkVersion(expected, ids, facts);
    if (verdict.kind === 'repeat') return this.queue.acknowledge(stream, verdict.revision);
    if (verdict.kind !== 'write') return refusal(verdict, expected, facts);
    const last = events.at(-1);
    if (last === undefined) {
      return { kind: 'appended', revision: facts.last, position: undefined };
    }
    const revival = revivalOf(this.queue.assigned, stream, last.body);
    this.queue.write(stream, events);
    if (revival) this.queue.write(revival.stream, [revival.event]);
    return this.queue.acknowledge(stream, facts.last + events.length);
  }

  async delete(
    kind: DeleteKind,
    stream: string,
    expected: ExpectedVersion,
  ): Promise<AppendOutcome> {
    if (!this.allowDeletes) return ACCESS_DENIED;
    const facts = this.queue.factsOf(stream);
    const verdict = checkDelete(kind, expected, facts);
    if (verdict.kind !== 'write') return refusal(verdict, expected, facts);
    if (kind === 'tombstone') {
      this.queue.writeTombstone(stream, systemEvent('$streamDeleted', Buffer.from('{}')));
      return this.queue.acknowledge(stream, TOMBSTONE_REVISION);
    }
    const deletion = softDeletion(stream);
    this.queue.write(deletion.stream, [deletion.event]);
    const revision = this.queue.assigned.lastRevision(deletion.stream);
    return this.queue.acknowledge(deletion.stream, revision);
  }

  idle(): Promise<void> {
    return this.queue.idle();
  }

  private describesTombstoned(stream: string): boolean {
    const described = describedStreamOf(stream);
    if (described === undefined) return false;
    return this.queue.assigned.lastRevision(described) === TOMBSTONE_REVISION;
  }
}

function refusal({ kind }: Verdict, expected: ExpectedVersion, facts: StreamFacts): AppendOutcome {
  if (kind === 'stream-deleted') return { kind };
  return { kind: 'wrong-version', current: facts.last, expected };
}
