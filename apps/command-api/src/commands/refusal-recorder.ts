import { Injectable, Logger } from '@nestjs/common';
import type { Actor, ProblemDetails } from '@uplift/contracts';
import { denialStream, EVENT_CATEGORIES, refusalStream } from '@uplift/contracts';
import type { KnownInstance, RefusalEvent } from '@uplift/domain';
import type { EventToAppend } from '@uplift/event-store';
import {
  deterministicEventId,
  EventStore,
  headOf,
  loadOrEmpty,
  RevisionConflictError,
} from '@uplift/event-store';
import { Clock, Metrics } from '@uplift/runtime';
import type { CommandRequest } from './command-request';
import { commandIdOf } from './command-request';

const SERVICE = 'command-api';
const HOUR_MS = 3_600_000;
/** Streams of instances that are written to at once. */
const MOST_AT_ONCE = 64;
/** In front of one stream: they fit into one append. */
const MOST_WAITING = 500;
const MOST_REMEMBERED = 50_000;
/** Without a pause: of those who meet at a stream one gets through each time, and each takes all that it has along. */
const MOST_TRIES = 50;
const LONGEST_DETAIL = 500;
/** Denials of one hour that are kept, whoever is denied what. */
const MOST_DENIALS = 1_000;
/** Answers that say nothing of a rule: the caller repeats the command and may well be taken. */
const NO_RULE = ['revision-conflict'];

interface Refusal {
  readonly eventId: string;
  readonly stream: string;
  readonly event: RefusalEvent;
  /** Of the metadata. */
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: Actor;
  readonly traceparent?: string;
  /** The stream takes so many events. */
  readonly most: number;
}

/** A command that its caller may not give. */
export interface Denial {
  readonly command: string;
  readonly transport: 'http' | 'nats';
  readonly code: string;
  /** Null: nobody knows who it is. */
  readonly actor: Actor | null;
}

const NOBODY: Actor = { type: 'user', id: 'anonymous' };

/**
 * Keeps refusals of known instances in streams of their own, so that no refusal moves the revision of an instance: at
 * most one event per instance, rule and hour. Denials, of which anybody can cause as many as it likes, share one stream
 * per hour. What comes while a stream is written to goes into its next append, all at once. Nobody waits for it, and a
 * record that fails is counted and forgotten.
 */
@Injectable()
export class RefusalRecorder {
  private readonly logger = new Logger('refusals');
  private readonly total;
  /** What waits for each stream that is being written to. */
  private readonly queues = new Map<string, Refusal[]>();
  private readonly pending = new Set<Promise<void>>();
  private readonly remembered = new Set<string>();
  private hour = '';

  constructor(
    private readonly store: EventStore,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.total = metrics.counter({
      name: 'refusals_recorded_total',
      help: 'Refusals of commands on their way into the store: stored, or lost',
      labels: ['outcome'],
    });
  }

  /** The refusal of a known instance. Returns at once, and never throws. */
  record(request: CommandRequest, problem: ProblemDetails, state: KnownInstance): void {
    const { code, detail } = problem;
    if (NO_RULE.includes(code)) return;
    const { instanceId, command, caller } = request;
    const hour = this.presentHour();
    const data = {
      instanceId,
      command: command.type,
      code,
      detail: detail.slice(0, LONGEST_DETAIL),
      currentStatus: state.status,
      requestedBy: caller.actor.id,
      hour,
    };
    this.keep({
      eventId: deterministicEventId(`refusal/${instanceId}`, `${code}/${hour}`, 0),
      stream: refusalStream(instanceId),
      event: { type: 'CommandRefused', data },
      correlationId: instanceId,
      causationId: commandIdOf(instanceId, caller.idempotencyKey),
      actor: caller.actor,
      ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
      most: Infinity,
    });
  }

  /** The denial of a command, whatever it is about. Returns at once, and never throws. */
  recordDenial({ command, transport, code, actor }: Denial): void {
    const hour = this.presentHour();
    const hourId = deterministicEventId('denials', hour, 0);
    const deniedTo = actor?.id ?? null;
    const step = `${transport}/${command}/${code}/${deniedTo}`;
    const eventId = deterministicEventId(hourId, step, 0);
    this.keep({
      eventId,
      stream: denialStream(hourId),
      event: { type: 'CommandDenied', data: { command, transport, code, deniedTo, hour } },
      correlationId: hourId,
      causationId: eventId,
      actor: actor ?? NOBODY,
      most: MOST_DENIALS,
    });
  }

  private keep(refused: Refusal): void {
    const { eventId, stream } = refused;
    if (this.remembered.has(eventId)) return;
    if (!this.hasRoom(refused)) return this.total.inc({ outcome: 'lost' });
    this.remember(eventId);
    const queue = this.queues.get(stream);
    if (queue === undefined) this.start(stream, [refused]);
    else queue.push(refused);
  }

  /** Denials have one stream an hour, which takes no place from those of instances, nor they from it. */
  private hasRoom({ stream, most }: Refusal): boolean {
    const queue = this.queues.get(stream);
    if (queue !== undefined) return queue.length < MOST_WAITING;
    return most < Infinity || this.queues.size < MOST_AT_ONCE;
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.pending);
  }

  private presentHour(): string {
    const now = this.clock.wall();
    const hour = new Date(now - (now % HOUR_MS)).toISOString();
    if (hour !== this.hour) this.remembered.clear();
    this.hour = hour;
    return hour;
  }

  /** What this process has recorded in this hour it does not look for again. */
  private remember(eventId: string): void {
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    this.remembered.add(eventId);
  }

  private start(stream: string, queue: Refusal[]): void {
    this.queues.set(stream, queue);
    const writing: Promise<void> = this.writeAll(stream, queue).finally(() =>
      this.pending.delete(writing),
    );
    this.pending.add(writing);
  }

  private async writeAll(stream: string, queue: Refusal[]): Promise<void> {
    while (queue.length > 0) await this.writeOrForget(stream, queue.splice(0));
    this.queues.delete(stream);
  }

  private async writeOrForget(stream: string, refusals: readonly Refusal[]): Promise<void> {
    try {
      const stored = await this.write(stream, refusals);
      this.total.inc({ outcome: 'stored' }, stored);
      this.total.inc({ outcome: 'lost' }, refusals.length - stored);
    } catch (error) {
      for (const { eventId } of refusals) this.remembered.delete(eventId);
      this.total.inc({ outcome: 'lost' }, refusals.length);
      this.logger.warn(error);
    }
  }

  private write(stream: string, refusals: readonly Refusal[], n = 1): Promise<number> {
    return this.writeOnce(stream, refusals).catch((error: unknown) => {
      if (!(error instanceof RevisionConflictError) || n >= MOST_TRIES) throw error;
      return this.write(stream, refusals, n + 1);
    });
  }

  /** How many of them the stream has after that. */
  private async writeOnce(stream: string, refusals: readonly Refusal[]): Promise<number> {
    const events = await loadOrEmpty(this.store, stream);
    const known = new Set(events.map(({ id }) => id));
    const missing = refusals.filter(({ eventId }) => !known.has(eventId));
    const taken = missing.filter(({ most }, n) => events.length + n < most);
    if (taken.length > 0) await this.store.append(stream, headOf(events), taken.map(toAppend));
    return refusals.length - missing.length + taken.length;
  }
}

function toAppend({ eventId, event, traceparent, ...refused }: Refusal): EventToAppend {
  const { correlationId, causationId, actor } = refused;
  const metadata = {
    $correlationId: correlationId,
    $causationId: causationId,
    actor,
    service: SERVICE,
    schemaVersion: EVENT_CATEGORIES.refusal.version,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { id: eventId, ...event, metadata };
}
