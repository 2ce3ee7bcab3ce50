import type { RecordedEvent } from '@eventstore/db-client';
import type { EventMetadata } from '@uplift/contracts';
import { fromEsdbEvent, toEsdbEvent } from './esdb.event-codec';
import { NO_STREAM } from './event-store.port';
import type { LinkedEvent } from './hash-chain';
import { linkEvents } from './hash-chain';

const METADATA: EventMetadata = {
  $correlationId: 'upgrade',
  $causationId: 'command',
  actor: { type: 'system', id: 'spec' },
  service: 'spec',
  schemaVersion: 1,
};

function linked(worker: string): LinkedEvent {
  const event = { id: 'id-1', type: 'SampleHappened', data: { worker }, metadata: METADATA };
  const [first] = linkEvents('instance-1', NO_STREAM, [event]).events;
  if (!first) throw new Error('One event was linked');
  return first;
}

const recorded = (event: { data?: unknown; metadata?: unknown }) =>
  ({
    id: '00000000-0000-0000-0000-000000000000',
    type: 'SampleHappened',
    streamId: 'instance-1',
    revision: 7n,
    created: new Date(0),
    isJson: true,
    data: {},
    metadata: undefined,
    ...event,
  }) as RecordedEvent;

describe('events in EventStoreDB', () => {
  it('come back as they went in', () => {
    const event = linked('a');
    const { data, metadata } = toEsdbEvent(event);
    const stored: unknown = JSON.parse(Buffer.from(metadata as Uint8Array).toString());
    const read = fromEsdbEvent(recorded({ data, metadata: stored }), 42n);
    expect(read).toEqual({
      id: 'id-1',
      type: 'SampleHappened',
      stream: 'instance-1',
      revision: 7,
      position: 42n,
      recordedAt: '1970-01-01T00:00:00.000Z',
      data: { worker: 'a' },
      metadata: event.metadata,
    });
  });

  it('have an id of the store that is a UUID made from their content', () => {
    const { id } = toEsdbEvent(linked('a'));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(toEsdbEvent(linked('a')).id).toBe(id);
    expect(toEsdbEvent(linked('b')).id).not.toBe(id);
  });

  it('of other programs keep the id of the store', () => {
    expect(fromEsdbEvent(recorded({}), 1n).id).toBe('00000000-0000-0000-0000-000000000000');
  });
});
