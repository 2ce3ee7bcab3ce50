import { Injectable, Logger } from '@nestjs/common';
import type { Principal } from '@uplift/access';
import { AccessPolicy } from '@uplift/access';
import type { Actor } from '@uplift/contracts';
import { auditedReadsStream } from '@uplift/contracts';
import { deterministicEventId, EventStore } from '@uplift/event-store';
import { Clock, Metrics } from '@uplift/runtime';
import { RecordQueue } from '../commands/record-queue';

/** Of one hour, whoever reads what. */
const MOST_READS = 1_000;

/**
 * Keeps who has read what only the scope `audit:read` opens: one event per caller, route and hour, in one stream per
 * hour. To read those events is a read like any other, so it leaves one event an hour too.
 */
@Injectable()
export class ReadRecorder {
  private readonly queue: RecordQueue;

  constructor(
    private readonly policy: AccessPolicy,
    store: EventStore,
    clock: Clock,
    metrics: Metrics,
  ) {
    const total = metrics.counter({
      name: 'audited_reads_recorded_total',
      help: 'Reads under the scope audit:read on their way into the store: stored, or lost',
      labels: ['outcome'],
    });
    this.queue = new RecordQueue(store, clock, { total, logger: new Logger('audited-reads') });
  }

  /** Where access is off nobody has said who he is. Returns at once, and never throws. */
  record(route: string, { actor }: Pick<Principal, 'actor'>): void {
    if (!this.policy.isOff) this.keep(route, actor);
  }

  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void> {
    return this.queue.settled();
  }

  private keep(route: string, actor: Actor): void {
    const hour = this.queue.presentHour();
    const hourId = deterministicEventId('audited-reads', hour, 0);
    const eventId = deterministicEventId(hourId, `${route}/${actor.id}`, 0);
    this.queue.keep({
      eventId,
      stream: auditedReadsStream(hourId),
      category: 'audit',
      event: { type: 'AuditRecordsRead', data: { route, readBy: actor.id, hour } },
      correlationId: hourId,
      causationId: eventId,
      actor,
      most: MOST_READS,
    });
  }
}
