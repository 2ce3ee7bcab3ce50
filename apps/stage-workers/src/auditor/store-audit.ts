import type { StoredEvent, UnreadableReason } from '@uplift/contracts';
import { isOurs, splitStreamName, unreadableReason } from '@uplift/contracts';
import type { FindingKind } from '@uplift/domain';
import type { AllEventsPage, ForeignEvent, StreamCut, StreamHead } from '@uplift/event-store';
import {
  hasOwnHash,
  headOf,
  InstanceHistory,
  NO_STREAM,
  StreamGoneError,
  StreamNotFoundError,
  UnreadableHistoryError,
} from '@uplift/event-store';
import type { AuditedParts } from './bus-epoch';
import type { Observation, Tally } from './tally';
import { shown } from './tally';

/** Streams whose end is kept in memory; the end of another one is read when it is needed. */
const MOST_HEADS = 50_000;

const GONE: Readonly<Record<StreamCut['how'], string>> = {
  deleted: 'The stream was deleted: its instance cannot be upgraded any more',
  tombstoned: 'The stream was deleted for good: its instance cannot be upgraded any more',
  truncated: 'The stream was cut: its first events are no more, or will be removed',
};

const KIND_OF: Readonly<Record<UnreadableReason, FindingKind>> = {
  'newer-version': 'newer-version',
  'unknown-type': 'unreadable-event',
  'invalid-data': 'unreadable-event',
  'damaged-metadata': 'unreadable-event',
  'broken-chain': 'broken-chain',
  'illegal-step': 'unreadable-event',
};

/**
 * Looks at every event of the store, page by page: whose it is, whether it can be read, whether its chain holds, and
 * whether a snapshot is true.
 */
export class StoreAudit {
  /** The least recently seen first; null: what was before is no more. */
  private readonly heads = new Map<string, StreamHead | null>();
  private readonly cut = new Set<string>();
  private readonly history: InstanceHistory;

  constructor(
    private readonly parts: Pick<AuditedParts, 'store' | 'onStep'>,
    private readonly tally: Tally,
  ) {
    this.history = new InstanceHistory(parts.store, 'stage-workers');
  }

  /** All of the page or, if the store does not answer, nothing of it. */
  async look({ events, foreign, cuts }: AllEventsPage): Promise<void> {
    for (const event of events) await this.findHead(event);
    const untrue = await this.falseSnapshotsIn(events);
    for (const event of foreign) this.tally.add(foreignEvent(event));
    for (const cut of cuts) this.noteCut(cut);
    for (const event of events) this.check(event);
    for (const observation of untrue) this.tally.add(observation);
    this.forget();
  }

  private async falseSnapshotsIn(events: readonly StoredEvent[]): Promise<readonly Observation[]> {
    const found: Observation[] = [];
    for (const event of events) {
      const differences = await this.differencesOf(event);
      if (differences.length > 0) found.push(falseSnapshot(event, differences));
    }
    return found;
  }

  /** None where the events before it cannot be read: that is a finding of its own. */
  private async differencesOf(event: StoredEvent): Promise<readonly string[]> {
    if (event.type !== 'InstanceSnapshotTaken') return [];
    this.parts.onStep();
    try {
      return await this.history.differencesOf(event);
    } catch (error) {
      if (isGone(error) || error instanceof UnreadableHistoryError) return [];
      throw error;
    }
  }

  /** Where the stream stood before the first event of it that this audit sees. */
  private async findHead({ stream, revision }: StoredEvent): Promise<void> {
    if (this.heads.has(stream)) return;
    this.heads.set(stream, revision === 0 ? NO_STREAM : await this.headBefore(stream, revision));
  }

  private async headBefore(stream: string, revision: number): Promise<StreamHead | null> {
    this.parts.onStep();
    try {
      const [before] = await this.parts.store.load(stream, revision - 1);
      return before?.revision === revision - 1 ? headOf([before]) : null;
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  }

  private noteCut({ stream, how, position }: StreamCut): void {
    if (!isOurs({ stream, type: '', metadata: null })) return;
    this.cut.add(stream);
    const evidence = { how, position: position.toString() };
    this.tally.add({ kind: 'stream-gone', subject: stream, detail: GONE[how], evidence });
  }

  private check(event: StoredEvent): void {
    const before = this.heads.get(event.stream) ?? null;
    this.heads.delete(event.stream);
    this.heads.set(event.stream, headOf([event]));
    const fault = this.chainFault(event, before);
    if (fault !== null)
      this.tally.add(unreadable(event, { reason: 'broken-chain', detail: fault }));
    const found = unreadableReason(event);
    if (found !== null) this.tally.add(unreadable(event, found));
  }

  private chainFault(event: StoredEvent, before: StreamHead | null): string | null {
    // Of a cut stream nobody can tell what was before, and damage has a finding of its own.
    if (before === null || this.cut.has(event.stream) || event.damage !== undefined) return null;
    const { revision } = event;
    const next = before.revision + 1;
    if (revision > next) return `Events ${next} to ${revision - 1} of the stream are missing`;
    if (revision < next) return `Revision ${revision} comes after revision ${before.revision}`;
    if (hasOwnHash(before.hash, event)) return null;
    return `Event ${revision} does not follow from the event before it: content, hash or predecessor differ from what was written`;
  }

  private forget(): void {
    for (const stream of this.heads.keys()) {
      if (this.heads.size <= MOST_HEADS) return;
      this.heads.delete(stream);
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof StreamGoneError || error instanceof StreamNotFoundError;
}

/** A finding about the stream of the event; of a newer version about what is to be deployed. */
export function unreadable(
  { id, stream, revision, type, position, metadata }: StoredEvent,
  { reason, detail }: { readonly reason: UnreadableReason; readonly detail: string },
): Observation {
  const kind = KIND_OF[reason];
  const version = `${splitStreamName(stream).category}.${shown(type)} v${metadata.schemaVersion}`;
  const evidence = {
    ...{ reason, stream, revision, eventId: id, eventType: shown(type) },
    ...{ position: position.toString(), service: shown(metadata.service) },
  };
  return { kind, subject: kind === 'newer-version' ? version : stream, detail, evidence };
}

function falseSnapshot(event: StoredEvent, differences: readonly string[]): Observation {
  const { id, stream, revision, position, metadata } = event;
  const parts = differences.join(', ');
  return {
    kind: 'false-snapshot',
    subject: stream,
    detail: `The snapshot at revision ${revision} does not say what the events before it come to: ${parts}`,
    evidence: {
      ...{ parts, stream, revision, eventId: id },
      ...{ position: position.toString(), service: shown(metadata.service) },
    },
  };
}

function foreignEvent({ stream, type, position }: ForeignEvent): Observation {
  const { category } = splitStreamName(stream);
  return {
    kind: 'foreign-events',
    subject: shown(category),
    detail: 'Events of other programs in streams of this category: nobody of us reads them',
    evidence: {
      stream: shown(stream),
      eventType: shown(type),
      position: position.toString(),
    },
  };
}
