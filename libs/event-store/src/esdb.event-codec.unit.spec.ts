import type { RecordedEvent } from '@eventstore/db-client';
import { decodeEvent, encodeEvent } from '@uplift/contracts';
import { fromEsdbEvent, toEsdbEvent } from './esdb.event-codec';
import { NO_STREAM } from './event-store.port';
import type { LinkedEvent } from './hash-chain';
import { linkEvents } from './hash-chain';
import { SAMPLE_METADATA } from './testing';

const EVENT_ID = '8d5a7c1e-5c39-5a0c-9a87-1f1de0a0c3b1';

function linked(worker: string): LinkedEvent {
  const event = {
    id: EVENT_ID,
    type: 'SampleHappened',
    data: { worker },
    metadata: SAMPLE_METADATA,
  };
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

const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe('events in EventStoreDB', () => {
  it('come back as they went in', () => {
    const event = linked('a');
    const { data, metadata } = toEsdbEvent(event);
    const stored = { data: json(data), metadata: json(metadata) };
    const read = fromEsdbEvent(recorded(stored), 42n);
    expect(read).toEqual({
      id: EVENT_ID,
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

  const { metadata: given } = toEsdbEvent(linked('a'));
  const metadata = JSON.parse(Buffer.from(given).toString()) as object;
  const { hash: _hash, ...unhashed } = metadata as Record<string, unknown>;
  const deep = JSON.parse('{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000)) as object;

  it.each<[what: string, content: { data?: unknown; metadata?: unknown }, damage: RegExp]>([
    ['without metadata', {}, /^metadata: missing/],
    ['with null as metadata', { metadata: null }, /^metadata: missing/],
    ['with a text as metadata', { metadata: 'x' }, /^metadata: missing/],
    ['with a list as metadata', { metadata: [] }, /^metadata: \$correlationId/],
    ['with bytes as metadata', { metadata: new Uint8Array(3) }, /^metadata: missing/],
    ['without a hash', { metadata: unhashed }, /^metadata: hash/],
    ['with an actor of another kind', { metadata: { ...metadata, actor: 7 } }, /^metadata: actor/],
    ['with endless metadata', { metadata: { ...metadata, service: 'x'.repeat(9_999) } }, /service/],
    ['with version 0', { metadata: { ...metadata, schemaVersion: 0 } }, /schemaVersion/],
    ['with bytes as data', { metadata, data: new Uint8Array(3) }, /^data: not JSON$/],
    ['with text as data', { metadata, data: '{broken' }, /^data: not a JSON object/],
    ['with null as data', { metadata, data: null }, /^data: not a JSON object/],
    ['with a list as data', { metadata, data: [1] }, /^data: not a JSON object/],
    ['nested too deep', { metadata, data: deep }, /^data: nested/],
    ['too large', { metadata, data: { text: '\u0000'.repeat(60_000) } }, /^data: \d+ bytes/],
  ])('%s are damaged, and can be carried all the same', (_what, content, damage) => {
    const read = fromEsdbEvent(recorded(content), 7n);
    expect(read.damage).toMatch(damage);
    expect(read).toMatchObject({ type: 'SampleHappened', revision: 7, data: {} });
    expect(decodeEvent(encodeEvent(read, { ordinal: 1, epoch: 'e' }))).toEqual(read);
  });

  it('as large as they may be are read as they are', () => {
    const data = { text: 'x'.repeat(200_000) };
    expect(fromEsdbEvent(recorded({ metadata, data }), 7n)).toMatchObject({ data });
  });
});
