import { Injectable, Logger } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { EVENT_CATEGORIES, refusalStream } from '@uplift/contracts';
import type { KnownInstance, RefusalEventData } from '@uplift/domain';
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
const MOST_AT_ONCE = 64;
const MOST_REMEMBERED = 50_000;
const MOST_TRIES = 5;
const LONGEST_DETAIL = 500;
/** Answers that say nothing of a rule: the caller repeats the command and may well be taken. */
const NO_RULE = ['revision-conflict'];

interface Refusal {
  readonly eventId: string;
  readonly data: RefusalEventData['CommandRefused'];
  readonly request: CommandRequest;
}

/**
 * Keeps refusals of known instances in streams of their own, so that no refusal moves the revision of an instance: at
 * most one event per instance, rule and hour. Nobody waits for it, and a record that fails is counted and forgotten.
 */
@Injectable()
export class RefusalRecorder {
  private readonly logger = new Logger('refusals');
  private readonly total;
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
    const eventId = deterministicEventId(`refusal/${instanceId}`, `${code}/${hour}`, 0);
    if (this.remembered.has(eventId)) return;
    if (this.pending.size >= MOST_AT_ONCE) return this.total.inc({ outcome: 'lost' });
    const data = {
      instanceId,
      command: command.type,
      code,
      detail: detail.slice(0, LONGEST_DETAIL),
      currentStatus: state.status,
      requestedBy: caller.actor.id,
      hour,
    };
    this.remember(eventId);
    this.start({ eventId, data, request });
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

  private start(refused: Refusal): void {
    const writing: Promise<void> = this.write(refused)
      .then(() => this.total.inc({ outcome: 'stored' }))
      .catch((error: unknown) => {
        this.remembered.delete(refused.eventId);
        this.total.inc({ outcome: 'lost' });
        this.logger.warn(error);
      })
      .finally(() => this.pending.delete(writing));
    this.pending.add(writing);
  }

  private write(refused: Refusal, n = 1): Promise<void> {
    return this.writeOnce(refused).catch((error: unknown) => {
      if (!(error instanceof RevisionConflictError) || n >= MOST_TRIES) throw error;
      return this.write(refused, n + 1);
    });
  }

  private async writeOnce({ eventId, data, request }: Refusal): Promise<void> {
    const { instanceId, caller } = request;
    const stream = refusalStream(instanceId);
    const events = await loadOrEmpty(this.store, stream);
    if (events.some(({ id }) => id === eventId)) return;
    const metadata = {
      $correlationId: instanceId,
      $causationId: commandIdOf(instanceId, caller.idempotencyKey),
      actor: caller.actor,
      service: SERVICE,
      schemaVersion: EVENT_CATEGORIES.refusal.version,
      ...(caller.traceparent === undefined ? {} : { traceparent: caller.traceparent }),
    };
    const event = { id: eventId, type: 'CommandRefused', data, metadata };
    await this.store.append(stream, headOf(events), [event]);
  }
}
