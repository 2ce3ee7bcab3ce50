import { randomUUID } from 'node:crypto';
import { encodeEvent, type RelayProof, type StoredEvent } from '@uplift/contracts';
import type { BusConnection } from '@uplift/bus';
import { headers } from 'nats';

/** An event as a worker may get it; every field can be chosen. */
export function anEvent(overrides: Partial<StoredEvent> = {}): StoredEvent {
  return {
    id: randomUUID(),
    type: 'UpgradeRequested',
    stream: `instance-${randomUUID()}`,
    revision: 1,
    position: 7n,
    recordedAt: '2026-01-02T03:04:05.678Z',
    data: { upgradeId: randomUUID(), reason: 'naïve ✓' },
    metadata: {
      $correlationId: randomUUID(),
      $causationId: randomUUID(),
      actor: { type: 'system', id: 'test' },
      service: 'command-api',
      schemaVersion: 1,
      hash: 'a'.repeat(64),
    },
    ...overrides,
  };
}

/** Puts events on the bus as the relay would. */
export async function publish(bus: BusConnection, ...events: StoredEvent[]): Promise<void> {
  const proof: RelayProof = { ordinal: 1, epoch: randomUUID() };
  await Promise.all(
    events.map((event) => {
      const message = encodeEvent(event, proof);
      const fields = headers();
      Object.entries(message.headers).forEach(([name, value]) => fields.append(name, value));
      return bus.nats.jetstream().publish(message.subject, message.payload, { headers: fields });
    }),
  );
}
