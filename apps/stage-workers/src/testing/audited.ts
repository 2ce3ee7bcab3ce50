import { randomUUID } from 'node:crypto';
import { PublishRun } from '@uplift/bus';
import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import type { BusMessage, StoredEvent } from '@uplift/contracts';
import { encodeEvent } from '@uplift/contracts';
import { deterministicEventId, headOf, loadOrEmpty } from '@uplift/event-store';
import { FaultyEventStore } from '@uplift/event-store/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AuditPass } from '../auditor/audit-pass';

export const EPOCH = '0b1c6c0e-0000-4000-8000-0000000000e1';

/** A store and a bus that holds what a relay has published, and whatever a test puts there. */
export class Audited {
  readonly store = new FaultyEventStore();
  readonly clock = new VirtualClock();
  readonly bus = new InMemoryBus({ clock: this.clock, randomness: new SeededRandomness(1) });
  readonly connection = new InMemoryBusConnection(this.bus, 'auditor');
  private ordinal = 0;
  private published: bigint | null = null;
  private epoch = EPOCH;

  async append(stream: string, count = 1): Promise<void> {
    const known = await loadOrEmpty(this.store, stream);
    const events = Array.from({ length: count }, (_, n) => ({
      id: deterministicEventId(stream, 'a', known.length + n),
      type: 'CommandNoted',
      data: { command: `c${known.length + n}` },
      metadata: {
        $correlationId: stream,
        $causationId: stream,
        actor: { type: 'system', id: 'test' } as const,
        service: 'test',
        schemaVersion: 1,
      },
    }));
    await this.store.append(stream, headOf(known), events);
  }

  /** What the store holds behind what was published before. */
  async relay(): Promise<void> {
    await this.connection.ensureTopology();
    for (;;) {
      const page = await this.store.readAll(this.published, 100);
      await this.send(...page.events.map((event) => this.messageOf(event)));
      this.published = page.upTo;
      if (page.isEnd) return;
    }
  }

  /** Everything again, in another epoch. */
  async relayAnew(): Promise<void> {
    this.epoch = randomUUID();
    this.ordinal = 0;
    this.published = null;
    await this.relay();
  }

  messageOf(event: StoredEvent): BusMessage {
    this.ordinal += 1;
    return encodeEvent(event, { ordinal: this.ordinal, epoch: this.epoch });
  }

  async send(...messages: BusMessage[]): Promise<void> {
    const run = new PublishRun(this.connection, { after: await this.connection.lastSequence() });
    messages.forEach((message) => run.publish(message));
    await run.settled();
    run.close();
  }

  pass(newest?: number, onStep: () => void = () => undefined): AuditPass {
    return new AuditPass({ store: this.store, bus: this.connection, onStep }, newest);
  }

  async event(n: number): Promise<StoredEvent> {
    const { events } = await this.store.readAll(null, 1_000);
    const event = events[n];
    if (!event) throw new RangeError(`There is no event ${n}`);
    return event;
  }
}
