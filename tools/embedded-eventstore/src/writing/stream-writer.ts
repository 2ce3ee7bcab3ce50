import { TOMBSTONE_REVISION } from '../log/log-record';
import type { AppendOutcome, AppendRequest, ExpectedVersion } from './append-request';
import { checkDelete, type DeleteKind } from './delete-check';
import { metadataFollowUp, softDeletion, tombstone } from './soft-delete';
import { describedStreamOf } from './stream-metadata';
import { checkVersion, type StreamFacts, type Verdict } from './version-check';
import type { WriteQueue } from './write-queue';

type Refused = Exclude<Verdict, { kind: 'write' | 'repeat' }>;

/** The one way into the log: checks against the assigned state, answers when durable. */
export class StreamWriter {
  constructor(private readonly queue: WriteQueue) {}

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, expected, events } = request;
    if (this.describesTombstoned(stream)) return { kind: 'stream-deleted' };
    const facts = this.queue.factsOf(stream);
    const ids = events.map(({ id }) => id);
    const verdict = checkVersion(expected, ids, facts);
    if (verdict.kind === 'repeat') return this.queue.acknowledge(stream, verdict.revision);
    if (verdict.kind !== 'write') return refusal(verdict, expected, facts);
    if (events.length === 0) return this.queue.nothingAppended(stream);
    const followUp = metadataFollowUp(this.queue.assigned, stream, events);
    this.queue.write(stream, events);
    if (followUp) this.queue.write(followUp.stream, followUp.events);
    return this.queue.acknowledge(stream, facts.last + events.length);
  }

  async delete(
    kind: DeleteKind,
    stream: string,
    expected: ExpectedVersion,
  ): Promise<AppendOutcome> {
    const facts = this.queue.factsOf(stream);
    const verdict = checkDelete(kind, expected, facts);
    if (verdict.kind !== 'write') return refusal(verdict, expected, facts);
    if (kind === 'tombstone') {
      this.queue.writeTombstone(stream, tombstone());
      return this.queue.acknowledge(stream, TOMBSTONE_REVISION);
    }
    const deletion = softDeletion(stream);
    this.queue.write(deletion.stream, deletion.events);
    const metadataRevision = this.queue.assigned.lastRevision(deletion.stream);
    return this.queue.acknowledge(deletion.stream, metadataRevision);
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

function refusal(verdict: Refused, expected: ExpectedVersion, facts: StreamFacts): AppendOutcome {
  if (verdict.kind === 'stream-deleted') return verdict;
  return { kind: 'wrong-version', current: facts.last, expected };
}
