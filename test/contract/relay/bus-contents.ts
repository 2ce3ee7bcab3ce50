import {
  decodeEvent,
  decodeRelayProof,
  type RelayProof,
  type StoredEvent,
} from '@uplift/contracts';
import type { BusConnection } from '@uplift/bus';

export interface OnBus {
  readonly sequence: number;
  readonly subject: string;
  readonly event: StoredEvent;
  readonly proof: RelayProof;
}

/** Follows the stream from its first message until it has seen `count` of them. */
export async function readBus(bus: BusConnection, count: number): Promise<OnBus[]> {
  const consumer = await bus.nats
    .jetstream()
    .consumers.get('UPLIFT_EVENTS', { filterSubjects: 'uplift.evt.v1.>' });
  const found: OnBus[] = [];
  if (count === 0) return found;
  const messages = await consumer.consume({ max_messages: 1_000 });
  for await (const message of messages) {
    const headers = Object.fromEntries(
      [...(message.headers ?? [])].map(([name, [value]]) => [name, value ?? '']),
    );
    found.push({
      sequence: message.seq,
      subject: message.subject,
      event: decodeEvent({ headers, payload: message.data }),
      proof: decodeRelayProof(headers),
    });
    if (found.length === count) break;
  }
  return found;
}

/** Every message is the event of the same number in the store, exactly; one epoch, ordinals without a gap. */
export function expectSame(found: readonly OnBus[], stored: readonly StoredEvent[]): void {
  expect(found.map(({ event }) => event)).toEqual(stored);
  expect(found.map(({ proof }) => proof.ordinal)).toEqual(stored.map((_, n) => n + 1));
  expect(new Set(found.map(({ proof }) => proof.epoch)).size).toBeLessThanOrEqual(1);
}
