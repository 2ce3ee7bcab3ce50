import type { BusConnection, DurableName } from '@uplift/bus';
import type { RelayProof, StoredEvent } from '@uplift/contracts';
import { decodeEvent, decodeRelayProof, EVENTS_STREAM } from '@uplift/contracts';

export interface OnBus {
  readonly sequence: number;
  readonly subject: string;
  readonly event: StoredEvent;
  readonly proof: RelayProof;
}

export async function lastSequence(bus: BusConnection): Promise<number> {
  const manager = await bus.nats.jetstreamManager();
  const { state } = await manager.streams.info(EVENTS_STREAM);
  return state.last_seq;
}

/** Every message the bus holds now, from the first. */
export async function readWholeBus(bus: BusConnection): Promise<OnBus[]> {
  return readBus(bus, await lastSequence(bus));
}

/** Follows the stream from its first message until it has seen `count` of them. */
export async function readBus(bus: BusConnection, count: number): Promise<OnBus[]> {
  const found: OnBus[] = [];
  if (count === 0) return found;
  const consumer = await bus.nats.jetstream().consumers.get(EVENTS_STREAM);
  for await (const message of await consumer.consume({ max_messages: 1_000 })) {
    const headers = Object.fromEntries(
      [...(message.headers ?? [])].map(([name, [value]]) => [name, value ?? '']),
    );
    const { seq: sequence, subject } = message;
    const event = decodeEvent({ headers, payload: message.data });
    found.push({ sequence, subject, event, proof: decodeRelayProof(headers) });
    if (found.length === count) break;
  }
  return found;
}

/** Messages that a durable has still to hand out, or has not been told the end of. */
export async function undone(bus: BusConnection, durable: DurableName): Promise<number> {
  const manager = await bus.nats.jetstreamManager();
  const info = await manager.consumers.info(EVENTS_STREAM, durable);
  return info.num_pending + info.num_ack_pending;
}
