import { Injectable, Logger } from '@nestjs/common';
import type { Actor, ProblemDetails } from '@uplift/contracts';
import { denialStream, refusalStream } from '@uplift/contracts';
import type { KnownInstance } from '@uplift/domain';
import { deterministicEventId, EventStore } from '@uplift/event-store';
import { Clock, Metrics } from '@uplift/runtime';
import type { CommandRequest } from './command-request';
import { commandIdOf } from './command-request';
import { RecordQueue } from './record-queue';

const LONGEST_DETAIL = 500;
/** Denials of one hour that are kept, whoever is denied what. */
const MOST_DENIALS = 1_000;
/** Answers that say nothing of a rule: the caller repeats the command and may well be taken. */
const NO_RULE = ['revision-conflict'];

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
 * per hour.
 */
@Injectable()
export class RefusalRecorder {
  private readonly queue: RecordQueue;

  constructor(store: EventStore, clock: Clock, metrics: Metrics) {
    const total = metrics.counter({
      name: 'refusals_recorded_total',
      help: 'Refusals of commands on their way into the store: stored, or lost',
      labels: ['outcome'],
    });
    this.queue = new RecordQueue(store, clock, { total, logger: new Logger('refusals') });
  }

  /** The refusal of a known instance. Returns at once, and never throws. */
  record(request: CommandRequest, problem: ProblemDetails, state: KnownInstance): void {
    const { code, detail } = problem;
    if (NO_RULE.includes(code)) return;
    const { instanceId, command, caller } = request;
    const hour = this.queue.presentHour();
    const data = {
      instanceId,
      command: command.type,
      code,
      detail: detail.slice(0, LONGEST_DETAIL),
      currentStatus: state.status,
      requestedBy: caller.actor.id,
      hour,
    };
    this.queue.keep({
      eventId: deterministicEventId(`refusal/${instanceId}`, `${code}/${hour}`, 0),
      stream: refusalStream(instanceId),
      category: 'refusal',
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
    const hour = this.queue.presentHour();
    const hourId = deterministicEventId('denials', hour, 0);
    const deniedTo = actor?.id ?? null;
    const step = `${transport}/${command}/${code}/${deniedTo}`;
    const eventId = deterministicEventId(hourId, step, 0);
    this.queue.keep({
      eventId,
      stream: denialStream(hourId),
      category: 'refusal',
      event: { type: 'CommandDenied', data: { command, transport, code, deniedTo, hour } },
      correlationId: hourId,
      causationId: eventId,
      actor: actor ?? NOBODY,
      most: MOST_DENIALS,
    });
  }

  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void> {
    return this.queue.settled();
  }
}
