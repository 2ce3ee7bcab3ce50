import type { StoredEvent } from '@uplift/contracts';
import { toRecordedInstanceEvent } from '@uplift/contracts';
import type { InstanceStatus, InstanceView, TimelineEntry } from '@uplift/domain';
import { evolve, evolveInstanceView, INITIAL_STATE, timelineEntry } from '@uplift/domain';
import type { ChainVerdict, StreamHead } from '@uplift/event-store';
import { NO_STREAM, verifyChain } from '@uplift/event-store';

/**
 * Replays one stream event by event: checks the hash chain and the lifecycle, and folds what the read model
 * should show. Needs nothing but the events.
 */
export class StreamAudit {
  view: InstanceView | null = null;
  fault: string | null = null;
  readonly timeline: TimelineEntry[] = [];
  private head: StreamHead = NO_STREAM;
  private state = INITIAL_STATE;
  private status: InstanceStatus | null = null;

  constructor(private readonly keepsTimeline: boolean) {}

  get events(): number {
    return this.head.revision + 1;
  }

  get hash(): string {
    return this.head.hash;
  }

  take(event: StoredEvent): void {
    if (this.fault !== null) return;
    const verdict = verifyChain([event], this.head);
    this.fault = verdict.valid ? this.replay(event) : faultText(verdict);
    if (verdict.valid) this.head = verdict.head;
  }

  /** Why the event cannot follow; null if it can. */
  private replay(event: StoredEvent): string | null {
    try {
      const recorded = toRecordedInstanceEvent(event);
      this.state = evolve(this.state, recorded.event);
      this.view = evolveInstanceView(this.view, recorded);
      const entry = timelineEntry(this.status, recorded);
      this.status = entry.status;
      if (this.keepsTimeline) this.timeline.push(entry);
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `revision ${event.revision}: ${reason}`;
    }
  }
}

function faultText({ revision, reason }: Extract<ChainVerdict, { valid: false }>): string {
  return `revision ${revision}: the hash chain is broken (${reason})`;
}
