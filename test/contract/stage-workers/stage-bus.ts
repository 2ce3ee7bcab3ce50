import { randomUUID } from 'node:crypto';
import { CONSUMERS, type NatsBusConnection } from '@uplift/bus';
import {
  encodeEvent,
  EVENTS_STREAM,
  eventTypeFilter,
  type BusMessage,
  type StoredEvent,
} from '@uplift/contracts';
import { headers, type JetStreamManager } from 'nats';
import { eventually } from '../../support/eventually';

export interface Published {
  readonly durable: string;
  readonly sequence: number;
}

/** Messages as the relay would send them, and others; and what became of them. */
export class StageBus {
  private readonly epoch = randomUUID();

  private constructor(
    private readonly connection: NatsBusConnection,
    private readonly manager: JetStreamManager,
  ) {}

  static async open(connection: NatsBusConnection): Promise<StageBus> {
    await connection.ensureTopology();
    return new StageBus(connection, await connection.nats.jetstreamManager());
  }

  async publish(event: StoredEvent): Promise<Published> {
    const message = encodeEvent(event, { ordinal: 1, epoch: this.epoch });
    return { durable: durableOf(event), sequence: await this.send(message) };
  }

  /** Everything that is not an event of ours, on the subject of an event that is. */
  async publishGarbage(event: StoredEvent): Promise<Published> {
    const proof = { ordinal: 1, epoch: this.epoch };
    const message = encodeEvent(event, proof);
    const elsewhere = encodeEvent({ ...event, stream: `instance-${randomUUID()}` }, proof);
    const garbage: BusMessage[] = [
      { ...message, headers: {}, payload: Buffer.from([0, 255, 128]) },
      { ...message, headers: {}, payload: Buffer.from('{"workOrder":null}') },
      { ...message, payload: Buffer.from('not JSON') },
      { ...message, payload: Buffer.from('[]') },
      encodeEvent({ ...event, data: {} }, proof),
      encodeEvent({ ...event, data: { workOrder: { upgradeId: 'u' } } }, proof),
      { ...elsewhere, subject: message.subject },
    ];
    let sequence = 0;
    for (const each of garbage) sequence = await this.send(each);
    return { durable: durableOf(event), sequence };
  }

  /** Resolves when this message and all before it are acknowledged or given up. */
  settled({ durable, sequence }: Published, limitMs = 20_000): Promise<void> {
    return eventually(async () => {
      const info = await this.manager.consumers.info(EVENTS_STREAM, durable);
      expect(info.ack_floor.stream_seq).toBeGreaterThanOrEqual(sequence);
    }, limitMs);
  }

  private async send({ subject, payload, headers: fields }: BusMessage): Promise<number> {
    const sent = headers();
    Object.entries(fields).forEach(([name, value]) => sent.append(name, value));
    const { seq } = await this.connection.nats
      .jetstream()
      .publish(subject, payload, { headers: sent });
    return seq;
  }
}

function durableOf({ type }: StoredEvent): string {
  const row = CONSUMERS.find(
    ({ filterSubject }) => filterSubject === eventTypeFilter('instance', type),
  );
  if (row === undefined) throw new TypeError(`nobody consumes ${type}`);
  return row.durable;
}
