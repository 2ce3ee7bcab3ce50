import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { tooSlow, type Faults } from '../faults/faults';
import { TOMBSTONE_REVISION, type LogRecord } from '../persistence/record-log.port';
import { streamDeleted, type CallFailure } from '../protocol/call-failure';
import { CAUGHT_UP, checkpoint, confirmation } from '../protocol/read-response';
import { isSoftDeleted, visibleRangeOf } from '../streams/stream-metadata';
import type { Presentation } from './event-presentation';
import { allPosition, type ReadSide } from './finite-read';
import type { FilterPlan, ReadStart } from './read-request';
import type { ReadSink } from './read-sink';

const PAGE = 256;
/** Events that the real server holds for a live reader, beside what the network takes. */
const LIVE_SLACK = 64;

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
  /** What to send before the signal that the end is reached; undefined where the real server sends no such signal. */
  framesAtEnd(): readonly Uint8Array[] | undefined;
  /** Events that were not pulled yet. */
  backlog(): number;
}

/**
 * One cursor that pulls from the log, from catching up to live: a commit only wakes it, so nothing can be
 * missed or sent twice in between, and a paused client costs nothing.
 */
export class SubscriptionPump {
  private isLive = false;

  constructor(
    private readonly source: SubscriptionSource,
    private readonly sink: ReadSink,
    private readonly wakeUp: WakeUp,
    private readonly faults: Faults,
  ) {}

  async run(): Promise<void> {
    const { sink, faults } = this;
    const forget = faults.addReader(() => {
      if (this.isLive) sink.fail(tooSlow());
    });
    sink.onClosed(forget);
    await sink.send([confirmation(randomUUID())]);
    while (!sink.isClosed) {
      await faults.awake();
      await this.step();
    }
  }

  private async step(): Promise<void> {
    const { frames, looked, failure } = this.source.pull(PAGE);
    await this.deliver(frames);
    if (failure) return this.sink.fail(failure);
    if (looked > 0) {
      if (looked === PAGE && this.faults.slowReaders === 'wait') this.isLive = false;
      await setImmediate();
      return;
    }
    await this.announceEnd();
    await this.wakeUp.wait();
  }

  private async announceEnd(): Promise<void> {
    if (this.isLive) return;
    const last = this.source.framesAtEnd();
    if (!last) return;
    await this.sink.send([...last, CAUGHT_UP]);
    this.isLive = true;
  }

  private async deliver(frames: readonly Uint8Array[]): Promise<void> {
    const { sink, faults } = this;
    const undelivered =
      this.isLive && faults.slowReaders !== 'wait' ? await this.deliverLive(frames) : frames;
    if (undelivered.length === 0) return;
    if (this.isLive && faults.slowReaders === 'throw-out') return sink.fail(tooSlow());
    if (faults.slowReaders !== 'wait') this.isLive = false;
    await sink.send(undelivered);
  }

  /** Ends early, with what is left, when the reader is too slow for a live one. */
  private async deliverLive(frames: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    const { sink } = this;
    for (const [n, frame] of frames.entries()) {
      const left = frames.length - n - 1;
      if (!sink.offer(frame)) await setImmediate();
      if (!(await this.hasRoomFor(left))) return frames.slice(n + 1);
    }
    return [];
  }

  /** Waits until the reader has room; false when too much gathers meanwhile. */
  private async hasRoomFor(left: number): Promise<boolean> {
    const { sink } = this;
    while (!sink.hasRoom) {
      if (left + this.source.backlog() > LIVE_SLACK) return false;
      await Promise.race([sink.room(), this.wakeUp.wait()]);
    }
    return true;
  }
}

export class AllSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;
  private lastCheckpoint: number;
  private lookedSinceCheckpoint = 0;

  constructor(
    private readonly side: ReadSide,
    private readonly present: Presentation,
    private readonly filter: FilterPlan | undefined,
    start: ReadStart,
  ) {
    const end = side.log.lastPosition;
    // As on the real server: beyond the end means after the end as it is now.
    this.lastSeen = Math.min(lastBefore(allPosition(side, start), end, 0), end);
    this.lastCheckpoint = this.lastSeen;
  }

  backlog(): number {
    return this.side.log.lastPosition - this.lastSeen;
  }

  pull(limit: number): Pulled {
    const records = this.side.log.scan(this.lastSeen + 1, limit);
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
    return [checkpoint(this.lastSeen * this.side.positionStep)];
  }
}

export class StreamSubscriptionSource implements SubscriptionSource {
  private lastSeen: number;
  private isLive = false;

  constructor(
    private readonly side: ReadSide,
    private readonly present: Presentation,
    private readonly stream: string,
    start: ReadStart,
  ) {
    const last = side.log.lastRevision(stream);
    if (last === TOMBSTONE_REVISION) throw streamDeleted(stream);
    this.lastSeen = lastBefore(start, last, -1);
  }

  backlog(): number {
    return this.side.log.lastRevision(this.stream) - this.lastSeen;
  }

  pull(limit: number): Pulled {
    const { side, stream } = this;
    const visible = visibleRangeOf(side.log, stream, side.now());
    // Metadata hides nothing from a subscription that is live.
    const first = this.isLive ? 0 : visible.first;
    const records = side.log.scanStream(stream, Math.max(this.lastSeen + 1, first), limit);
    const isSent = (record: LogRecord) =>
      this.isLive || record.revision === TOMBSTONE_REVISION || visible.isYoungEnough(record);
    const frames = records.filter(isSent).map((record) => this.present(record));
    this.lastSeen = records.at(-1)?.revision ?? this.lastSeen;
    const pulled = { frames, looked: records.length };
    return this.lastSeen === TOMBSTONE_REVISION
      ? { ...pulled, failure: streamDeleted(stream) }
      : pulled;
  }

  framesAtEnd(): readonly Uint8Array[] | undefined {
    const { log } = this.side;
    if (log.lastRevision(this.stream) === -1 || isSoftDeleted(log, this.stream)) return undefined;
    this.isLive = true;
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
