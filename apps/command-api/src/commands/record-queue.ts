import type { LoggerService } from '@nestjs/common';
import type { Actor, EventCategory, EventIn } from '@uplift/contracts';
import { eventVersion } from '@uplift/contracts';
import type { EventStore, EventToAppend } from '@uplift/event-store';
import { headOf, loadOrEmpty, RevisionConflictError } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { RepeatedLines } from '@uplift/runtime';

const SERVICE = 'command-api';
const HOUR_MS = 3_600_000;
/** Streams that are written to at once, of those without a bound. */
const MOST_AT_ONCE = 64;
/** In front of one stream: they fit into one append. */
const MOST_WAITING = 500;
const MOST_REMEMBERED = 50_000;
/** Without a pause: of those who meet at a stream one gets through each time, and each takes all that it has along. */
const MOST_TRIES = 50;

/** Something that is worth an event, once an hour. */
export interface HourlyRecord<Category extends EventCategory = EventCategory> {
  /** The same for the same thing in the same hour. */
  readonly eventId: string;
  readonly stream: string;
  readonly category: Category;
  readonly event: EventIn<Category>;
  /** Of the metadata. */
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: Actor;
  readonly traceparent?: string;
  /** The stream takes so many events. */
  readonly most: number;
}

interface Told {
  readonly total: { inc(labels: { outcome: 'stored' | 'lost' }, count?: number): void };
  readonly logger: Pick<LoggerService, 'warn'>;
}

/**
 * Appends records behind the requests that lead to them. What comes while a stream is written to goes into its next
 * append, all at once. Nobody waits for it, and a record that fails is counted and forgotten.
 */
export class RecordQueue {
  /** What waits for each stream that is being written to. */
  private readonly queues = new Map<string, HourlyRecord[]>();
  private readonly pending = new Set<Promise<void>>();
  private readonly remembered = new Set<string>();
  private readonly lines: RepeatedLines;
  private hour = '';

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    private readonly told: Told,
  ) {
    this.lines = new RepeatedLines(clock);
  }

  /** Start of the present hour, RFC 3339. */
  presentHour(): string {
    const now = this.clock.wall();
    const hour = new Date(now - (now % HOUR_MS)).toISOString();
    if (hour !== this.hour) this.remembered.clear();
    this.hour = hour;
    return hour;
  }

  /** Returns at once, and never throws. */
  keep(record: HourlyRecord): void {
    const { eventId, stream } = record;
    if (this.remembered.has(eventId)) return;
    if (!this.hasRoom(record)) return this.told.total.inc({ outcome: 'lost' });
    this.remember(eventId);
    const queue = this.queues.get(stream);
    if (queue === undefined) this.start(stream, [record]);
    else queue.push(record);
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  /** Those of one stream an hour take no place from those of instances, nor they from them. */
  private hasRoom({ stream, most }: HourlyRecord): boolean {
    const queue = this.queues.get(stream);
    if (queue !== undefined) return queue.length < MOST_WAITING;
    return most < Infinity || this.queues.size < MOST_AT_ONCE;
  }

  /** What this process has recorded in this hour it does not look for again. */
  private remember(eventId: string): void {
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.add(eventId);
  }

  private start(stream: string, queue: HourlyRecord[]): void {
    this.queues.set(stream, queue);
    const writing: Promise<void> = this.writeAll(stream, queue).finally(() =>
      this.pending.delete(writing),
    );
    this.pending.add(writing);
  }

  private async writeAll(stream: string, queue: HourlyRecord[]): Promise<void> {
    while (queue.length > 0) await this.writeOrForget(stream, queue.splice(0));
    this.queues.delete(stream);
  }

  private async writeOrForget(stream: string, records: readonly HourlyRecord[]): Promise<void> {
    const { total, logger } = this.told;
    try {
      const stored = await this.write(stream, records);
      total.inc({ outcome: 'stored' }, stored);
      total.inc({ outcome: 'lost' }, records.length - stored);
    } catch (error) {
      for (const { eventId } of records) this.remembered.delete(eventId);
      total.inc({ outcome: 'lost' }, records.length);
      // Strangers cause as many as they like.
      if (this.lines.isDue('lost')) logger.warn(error);
    }
  }

  private write(stream: string, records: readonly HourlyRecord[], n = 1): Promise<number> {
    return this.writeOnce(stream, records).catch((error: unknown) => {
      if (!(error instanceof RevisionConflictError) || n >= MOST_TRIES) throw error;
      return this.write(stream, records, n + 1);
    });
  }

  /** How many of them the stream has after that. */
  private async writeOnce(stream: string, records: readonly HourlyRecord[]): Promise<number> {
    const events = await loadOrEmpty(this.store, stream);
    const known = new Set(events.map(({ id }) => id));
    const missing = records.filter(({ eventId }) => !known.has(eventId));
    const taken = missing.filter(({ most }, n) => events.length + n < most);
    if (taken.length > 0) await this.store.append(stream, headOf(events), taken.map(toAppend));
    return records.length - missing.length + taken.length;
  }
}

function toAppend({ eventId, category, event, traceparent, ...record }: HourlyRecord) {
  const { correlationId, causationId, actor } = record;
  const metadata = {
    $correlationId: correlationId,
    $causationId: causationId,
    actor,
    service: SERVICE,
    schemaVersion: eventVersion(category, event.type),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { id: eventId, ...event, metadata } satisfies EventToAppend;
}
