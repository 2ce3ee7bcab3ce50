import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { eventVersion, instanceStream } from '@uplift/contracts';
import type { InstanceEvent } from '@uplift/domain';
import type { EventStore, StreamHead } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { WHOLE_UPGRADE, WORK_ORDER } from '@uplift/domain/testing';

/** The events under an upgrade id of their own: the examples all share one. */
export function withUpgradeId(
  upgradeId: string,
  events: readonly InstanceEvent[] = WHOLE_UPGRADE,
): readonly InstanceEvent[] {
  const text = JSON.stringify(events).replaceAll(WORK_ORDER.upgradeId, upgradeId);
  return JSON.parse(text) as InstanceEvent[];
}

/** Appends to one stream as a command API or worker would; answers the new head and position. */
export function appendTo(
  store: EventStore,
  stream: string,
  head: StreamHead,
  events: readonly { readonly type: string; readonly data: object }[],
) {
  const metadata = {
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    actor: { type: 'service_account', id: 'spec' } as const,
    service: 'spec',
  };
  const appended = events.map(({ type, data }) => ({
    ...{ id: randomUUID(), type, data },
    metadata: { ...metadata, schemaVersion: eventVersion('instance', type) },
  }));
  return store.append(stream, head, appended);
}

export interface WrittenInstance {
  readonly instanceId: string;
  readonly upgradeId: string;
  readonly head: StreamHead;
  readonly position: bigint;
}

/** A new instance with the given history, by default one whole upgrade. */
export async function writeInstance(
  store: EventStore,
  history: readonly InstanceEvent[] = WHOLE_UPGRADE,
): Promise<WrittenInstance> {
  const instanceId = randomUUID();
  const upgradeId = randomUUID();
  const events = withUpgradeId(upgradeId, history);
  const appended = await appendTo(store, instanceStream(instanceId), NO_STREAM, events);
  return { instanceId, upgradeId, ...appended };
}

export async function writeInstances(store: EventStore, count: number): Promise<WrittenInstance[]> {
  const written: WrittenInstance[] = [];
  while (written.length < count) {
    const some = Math.min(100, count - written.length);
    written.push(...(await Promise.all(Array.from({ length: some }, () => writeInstance(store)))));
  }
  return written;
}

export async function streamOf(store: EventStore, instanceId: string): Promise<StoredEvent[]> {
  return store.load(instanceStream(instanceId));
}
