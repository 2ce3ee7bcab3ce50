import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { TOMBSTONE_REVISION, type LogRecord, type RecordLog } from '../persistence/record-log.port';
import { streamDeleted, type CallFailure } from '../protocol/call-failure';
import { CAUGHT_UP, checkpoint, confirmation } from '../protocol/read-response';
import { visibleRangeOf } from '../streams/stream-metadata';
import type { Presentation } from './event-presentation';
import type { ReadSide } from './finite-read';
import type { FilterPlan, ReadStart } from './read-request';
import type { ReadSink } from './read-sink';

const PAGE = 256;

const EVERY_STREAM = Symbol('every stream');
type Topic = string | typeof EVERY_STREAM;

interface Pulled {
  readonly frames: readonly Uint8Array[];
  /** Events looked at; 0 means the end is reached. */
  readonly looked: number;
  /** Ends the subscription once the frames are sent. */
  readonly failure?: CallFailure;
}

/** Remembers how far a subscription has come, and fetches what follows. */
interface SubscriptionSource {
  pull(limit: number): Pulled;
  /** What to send before the signal that the end is reached. */
  framesAtEnd(): readonly Uint8Array[];
}

/**
 * One cursor that pulls from the log, from catching up to live: a commit only wakes it, so nothing can be
 * missed or sent twice in between, and a paused client costs nothing.
 */
export async function runSubscription(
  source: SubscriptionSource,
  sink: ReadSink,
  wakeUp: WakeUp,
): Promise<void> {
  let isBehind = true;
  await sink.send([confirmation(randomUUID())]);
  while (!sink.isClosed) {
    const { frames, looked, failure } = source.pull(PAGE);
    await sink.send(frames);
    if (failure) {
      sink.fail(failure);
      return;
    }
    if (looked > 0) {
      isBehind ||= looked === PAGE;
      await setImmediate();
      continue;
    }
    if (isBehind) await sink.send([...source.framesAtEnd(), CAUGHT_UP]);
    isBehind = false;
    await wakeUp.wait();
  }
}

export class AllSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;
  private lastCheckpoint: number;
  private lookedSinceCheckpoint = 0;

  constructor(
    private readonly log: RecordLog,
    private readonly present: Presentation,
    private readonly filter: FilterPlan | undefined,
    start: ReadStart,
  ) {
    this.lastSeen = lastBefore(start, log.lastPosition, 0);
    this.lastCheckpoint = this.lastSeen;
  }

  pull(limit: number): Pulled {
    const records = this.log.scan(this.lastSeen + 1, limit);
    const frames = records.flatMap((record) => this.framesFor(record));
    return { frames, looked: records.length };
  }

  framesAtEnd(): readonly Uint8Array[] {
    return this.filter ? this.checkpointHere() : [];
  }

  private framesFor(record: LogRecord): readonly Uint8Array[] {
    this.lastSeen = record.position;
    if (!this.filter) return [this.present(record)];
    this.lookedSinceCheckpoint += 1;
    const isDue = this.lookedSinceCheckpoint >= this.filter.checkpointInterval;
    const event = this.filter.matches(record) ? [this.present(record)] : [];
    return isDue ? [...event, ...this.checkpointHere()] : event;
  }

  private checkpointHere(): readonly Uint8Array[] {
    this.lookedSinceCheckpoint = 0;
    if (this.lastSeen <= this.lastCheckpoint) return [];
    this.lastCheckpoint = this.lastSeen;
    return [checkpoint(this.lastSeen)];
  }
}

export class StreamSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;

  constructor(
    private readonly side: ReadSide,
    private readonly present: Presentation,
    private readonly stream: string,
    start: ReadStart,
  ) {
    this.lastSeen = lastBefore(start, side.log.lastRevision(stream), -1);
  }

  pull(limit: number): Pulled {
    const { side, stream } = this;
    const visible = visibleRangeOf(side.log, stream, side.now());
    const records = side.log.scanStream(stream, Math.max(this.lastSeen + 1, visible.first), limit);
    const isSent = (record: LogRecord) =>
      record.revision === TOMBSTONE_REVISION || visible.isYoungEnough(record);
    const frames = records.filter(isSent).map((record) => this.present(record));
    this.lastSeen = records.at(-1)?.revision ?? this.lastSeen;
    const pulled = { frames, looked: records.length };
    return this.lastSeen === TOMBSTONE_REVISION
      ? { ...pulled, failure: streamDeleted(stream) }
      : pulled;
  }

  framesAtEnd(): readonly Uint8Array[] {
    return [];
  }
}

/** Subscriptions begin after the place they name. */
function lastBefore(start: ReadStart, end: number, beforeFirst: number): number {
  if (start === 'start') return beforeFirst;
  return start === 'end' ? end : start;
}

/** Wakes live readers after each commit: those of `$all`, and those of the streams written to. */
export class CommitSignal {
  private readonly listeners = new Map<Topic, Set<() => void>>();

  /** Returns how to stop listening. */
  onCommit(stream: string | undefined, listener: () => void): () => void {
    const topic = stream ?? EVERY_STREAM;
    const listeners = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(topic) === listeners) {
        this.listeners.delete(topic);
      }
    };
  }

  committed(records: readonly LogRecord[]): void {
    const topics = new Set<Topic>([EVERY_STREAM]);
    for (const { stream } of records) topics.add(stream);
    for (const topic of topics) {
      for (const listener of this.listeners.get(topic) ?? []) listener();
    }
  }
}

/** A call that comes while nobody waits is kept for the next wait. */
export class WakeUp {
  private isDue = false;
  private release: (() => void) | undefined;

  readonly call = (): void => {
    this.isDue = true;
    this.release?.();
  };

  async wait(): Promise<void> {
    if (!this.isDue) await new Promise<void>((resolve) => (this.release = resolve));
    this.release = undefined;
    this.isDue = false;
  }
}
