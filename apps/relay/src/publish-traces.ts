import type { StoredEvent } from '@uplift/contracts';
import { spanOfEvent } from '@uplift/event-store';
import type { Clock, Span, Tracing } from '@uplift/runtime';

const PUBLISH = { verb: 'publish', kind: 'producer' } as const;

/** How long each event of one run is on its way to the bus. */
export class PublishTraces {
  private readonly underWay = new Map<number, Span>();

  constructor(
    private readonly tracing: Tracing,
    private readonly clock: Clock,
  ) {}

  sent(sequence: number, event: StoredEvent): void {
    if (!this.tracing.isOn) return;
    const options = spanOfEvent(event, PUBLISH, this.clock.wall());
    if (options !== undefined) this.underWay.set(sequence, this.tracing.start(options));
  }

  confirmed(sequence: number): void {
    if (this.underWay.size === 0) return;
    this.underWay.get(sequence)?.end();
    this.underWay.delete(sequence);
  }

  /** What was not confirmed is sent again, or was sent by another relay. */
  end(): void {
    for (const span of this.underWay.values()) {
      span.fail('unconfirmed');
      span.end();
    }
    this.underWay.clear();
  }
}
