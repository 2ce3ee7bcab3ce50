import { setTimeout } from 'node:timers/promises';
import { TOMBSTONE_REVISION } from '../persistence/record-log.port';
import type { AppendOutcome, AppendRequest, DeleteKind, ExpectedVersion } from './append-request';
import {
  describedStreamOf,
  isSoftDeletion,
  revivalOf,
  softDeletion,
  systemEvent,
  visibleRangeOf,
} from './stream-metadata';
import { checkDelete, checkVersion, type StreamFacts, type Verdict } from './version-check';
import type { WriteQueue } from './write-queue';

const NOTHING = new Uint8Array();

export interface StreamWriterOptions {
  readonly allowDeletes: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** See `FaultOptions`. */
  readonly unansweredRepeatsMs?: number | undefined;
}

const ACCESS_DENIED: AppendOutcome = { kind: 'access-denied' };

/** The one way into the log: checks against the assigned state, answers when durable. */
export class StreamWriter {
  constructor(
    private readonly queue: WriteQueue,
    private readonly options: StreamWriterOptions,
  ) {}

  async append(request: AppendRequest): Promise<AppendOutcome> {
    const { stream, expected, events } = request;
    if (!this.options.allowDeletes && isSoftDeletion(request)) return ACCESS_DENIED;
    if (this.describesTombstoned(stream)) return { kind: 'stream-deleted' };
    const facts = this.queue.factsOf(stream);
    const ids = events.map(({ id }) => id);
    const verdict = checkVersion(expected, ids, facts);
    if (verdict.kind === 'repeat') return this.repeat(stream, verdict.revision);
    return verdict.kind === 'write'
      ? this.write(request, facts)
      : refusal(verdict, expected, facts);
  }

  private async write({ stream, events }: AppendRequest, facts: StreamFacts) {
    const last = events.at(-1);
    const revival = revivalOf(this.queue.assigned, stream, last?.body ?? NOTHING);
    if (last) this.queue.write(stream, events);
    if (revival) this.queue.write(revival.stream, [revival.event]);
    if (last) return this.queue.acknowledge(stream, facts.last + events.length);
    if (revival) await this.queue.acknowledgeLast(revival.stream);
    return { kind: 'appended' as const, revision: facts.last, position: undefined };
  }

  private async repeat(stream: string, revision: number): Promise<AppendOutcome> {
    const { unansweredRepeatsMs, now } = this.options;
    if (unansweredRepeatsMs !== undefined && !this.queue.isDurable(stream, revision)) {
      await setTimeout(unansweredRepeatsMs);
      return { kind: 'timeout' };
    }
    const { first } = visibleRangeOf(this.queue.assigned, stream, now());
    if (revision < first) return { kind: 'appended', revision, position: undefined };
    return this.queue.acknowledge(stream, revision);
  }

  async delete(
    kind: DeleteKind,
    stream: string,
    expected: ExpectedVersion,
  ): Promise<AppendOutcome> {
    return this.options.allowDeletes ? this.deleteAsServer(kind, stream, expected) : ACCESS_DENIED;
  }

  /** Where no client has asked for it. */
  async deleteAsServer(
    kind: DeleteKind,
    stream: string,
    expected: ExpectedVersion,
  ): Promise<AppendOutcome> {
    const facts = this.queue.factsOf(stream);
    const verdict = checkDelete(kind, expected, facts);
    if (verdict.kind !== 'write') return refusal(verdict, expected, facts);
    if (kind === 'tombstone') {
      this.queue.writeTombstone(stream, systemEvent('$streamDeleted', Buffer.from('{}')));
      return this.queue.acknowledge(stream, TOMBSTONE_REVISION);
    }
    const deletion = softDeletion(stream);
    this.queue.write(deletion.stream, [deletion.event]);
    return this.queue.acknowledgeLast(deletion.stream);
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
