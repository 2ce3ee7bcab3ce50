import type { StoredEvent } from '@uplift/contracts';
import { instanceStream, toRecordedInstanceEvent } from '@uplift/contracts';
import type { InstanceEvent, InstanceView } from '@uplift/domain';
import { evolveInstanceView } from '@uplift/domain';
import { BUILD, INSTANCE_ID, MARKER, WHOLE_UPGRADE, WORK_ORDER } from '@uplift/domain/testing';
import { linkEvents, NO_STREAM } from '@uplift/event-store';
import type { BusRecord, ClientOperation, RowRecord, RunHistory } from './run-history';

export const STREAM = instanceStream(INSTANCE_ID);
const START = Date.parse('2026-03-01T10:00:00.000Z');

/** Commands of clients, by the event that they lead to. */
const COMMANDS: Partial<Record<InstanceEvent['type'], string>> = {
  InstanceRegistered: 'register',
  UpgradeRequested: 'upgrade',
  UpgradeCancelRequested: 'cancel',
};

/** The events of one instance as a store keeps them, one second and ten positions apart. */
export function storedAs(events: readonly InstanceEvent[], stream = STREAM): StoredEvent[] {
  const toAppend = events.map(({ type, data }, n) => ({
    id: `${stream.slice(0, 30)}-${String(n).padStart(8, '0')}`,
    type,
    data,
    metadata: {
      $correlationId: WORK_ORDER.upgradeId,
      $causationId: COMMANDS[type] ?? `event-${n - 1}`,
      actor: { type: 'system', id: 'spec' } as const,
      service: 'spec',
      schemaVersion: 1,
      ...(type in COMMANDS ? { commandFingerprint: 'f'.repeat(64) } : {}),
    },
  }));
  return linkEvents(stream, NO_STREAM, toAppend).events.map((event) => ({
    id: event.id,
    type: event.type,
    stream,
    revision: event.revision,
    position: BigInt(10 * event.revision + 10),
    recordedAt: new Date(START + 1000 * event.revision).toISOString(),
    data: event.data,
    metadata: event.metadata,
  }));
}

/** Everything as it has to be after these events of one instance. */
export function soundHistory(events: readonly InstanceEvent[] = WHOLE_UPGRADE): RunHistory {
  const store = storedAs(events);
  return {
    store,
    bus: store.map(messageOf),
    rows: { checkpoint: store.at(-1)?.position ?? null, instances: [rowOf(store)] },
    ledger: { builds: [{ marker: MARKER, name: BUILD }], tasks: [], cancels: [] },
    client: store.filter(({ type }) => type in COMMANDS).map(operationOf),
  };
}

export function messageOf(event: StoredEvent, n: number): BusRecord {
  const { id: eventId, stream, revision, position } = event;
  return { sequence: n + 1, epoch: 'epoch-1', ordinal: n + 1, eventId, stream, revision, position };
}

function operationOf({ metadata, revision, position }: StoredEvent): ClientOperation {
  const commandId = metadata.$causationId;
  return {
    instanceId: INSTANCE_ID,
    ...{ key: `key-${revision}`, commandId, command: commandId },
    ...{ invokedAt: 100 * revision, completedAt: 100 * revision + 10 },
    answer: { kind: 'accepted', upgradeId: null, revision, position },
  };
}

function rowOf(store: readonly StoredEvent[]): RowRecord {
  const view = store
    .map(toRecordedInstanceEvent)
    .reduce<InstanceView | null>(evolveInstanceView, null);
  if (view === null) throw new RangeError('No event');
  return view;
}
