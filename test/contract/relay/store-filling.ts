import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { NO_STREAM, type EventStore, type EventToAppend } from '@uplift/event-store';

export function newEvent(type: string, data: object = {}): EventToAppend {
  return {
    id: randomUUID(),
    type,
    data,
    metadata: {
      $correlationId: randomUUID(),
      $causationId: randomUUID(),
      actor: { type: 'service_account', id: 'spec' },
      service: 'spec',
      schemaVersion: 1,
    },
  };
}

const TYPES = ['InstanceRegistered', 'UpgradeRequested', 'PreUpgradeStarted', 'UpgradePending'];

/** Appends `count` events over streams of four. */
export async function fill(store: EventStore, count: number): Promise<void> {
  const streams = Array.from({ length: Math.ceil(count / 4) }, (_, n) =>
    TYPES.slice(0, Math.min(4, count - n * 4)).map((type) => newEvent(type, { n })),
  );
  for (let at = 0; at < streams.length; at += 250) {
    await Promise.all(
      streams
        .slice(at, at + 250)
        .map((events) => store.append(`instance-${randomUUID()}`, NO_STREAM, events)),
    );
  }
}

export async function everything(store: EventStore): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  for await (const { events, caughtUp } of store.subscribeToAll()) {
    found.push(...events);
    if (caughtUp) break;
  }
  return found;
}
