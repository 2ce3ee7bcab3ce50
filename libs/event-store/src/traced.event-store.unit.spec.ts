import type { StoredEvent } from '@uplift/contracts';
import { collectTraces } from '@uplift/runtime/testing';
import { NO_STREAM, StreamNotFoundError } from './event-store.port';
import { spanOfEvent } from './event-spans';
import { InMemoryEventStore, sampleEvent, SAMPLE_METADATA } from './testing';
import { TracedEventStore } from './traced.event-store';

const INSTANCE = '0b1c6c0e-0000-4000-8000-000000000001';
const UPGRADE = '0b1c6c0e-0000-4000-8000-000000000002';
const STREAM = `instance-${INSTANCE}`;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const stage = { name: 'stage', kind: 'consumer' } as const;

function ofUpgrade(n: number, traceparent?: string) {
  const metadata = { ...SAMPLE_METADATA, $correlationId: UPGRADE };
  return sampleEvent(n, { metadata: { ...metadata, ...(traceparent && { traceparent }) } });
}

function setUp() {
  const tracing = collectTraces();
  const store = new InMemoryEventStore();
  return { tracing, store, traced: new TracedEventStore(store, tracing) };
}

describe('the event store', () => {
  it('shows appends and reads in the span that waits for them, which is named after them', async () => {
    const { tracing, traced } = setUp();
    await tracing.trace(stage, async () => {
      await traced.append(STREAM, NO_STREAM, [ofUpgrade(1), ofUpgrade(2)]);
      await traced.load(STREAM);
      await traced.loadLast(STREAM, 1);
      await traced.lastOf(STREAM);
    });
    const spans = await tracing.spans();
    const outer = spans.at(-1);
    const ids = { 'uplift.instance.id': INSTANCE, 'uplift.upgrade.id': UPGRADE };
    expect(outer).toMatchObject({ name: 'stage', attributes: ids });
    expect(spans.map(({ name }) => name).slice(0, -1)).toEqual([
      'append instance',
      ...Array<string>(3).fill('read instance'),
    ]);
    for (const span of spans.slice(0, -1)) expect(span.parent).toBe(outer?.spanId);
    expect(spans[0]?.attributes).toEqual({
      ...ids,
      'db.system.name': 'eventstoredb',
      'db.operation.name': 'append',
      'db.collection.name': 'instance',
      'db.operation.batch.size': 2,
      'uplift.event.types': ['SampleHappened', 'SampleHappened'],
    });
  });

  it('stores what it would without a trace: the same events with the same hashes', async () => {
    const { tracing, store, traced } = setUp();
    const events = [ofUpgrade(1, TRACEPARENT), ofUpgrade(2)];
    await tracing.trace(stage, () => traced.append(STREAM, NO_STREAM, events));
    const plain = new InMemoryEventStore();
    await plain.append(STREAM, NO_STREAM, events);
    const hashes = async (from: InMemoryEventStore) =>
      (await from.load(STREAM)).map(({ metadata }) => metadata);
    expect(await hashes(store)).toEqual(await hashes(plain));
  });

  it('shows nothing where no span waits', async () => {
    const { tracing, traced } = setUp();
    await traced.append(STREAM, NO_STREAM, [ofUpgrade(1)]);
    await traced.load(STREAM);
    expect(await tracing.spans()).toEqual([]);
  });

  it('throws what the store throws, and shows its kind', async () => {
    const { tracing, traced } = setUp();
    const reading = tracing.trace(stage, () => traced.load('instance-none'));
    await expect(reading).rejects.toThrow(StreamNotFoundError);
    const [read] = await tracing.spans();
    expect(read).toMatchObject({ hasFailed: true });
    expect(read?.attributes).toMatchObject({ 'error.type': 'stream-not-found' });
  });
});

describe('what happens to an event', () => {
  const PUBLISH = { verb: 'publish', kind: 'producer' } as const;
  const AT = Date.parse('2026-01-01T00:00:00.000Z');

  const stored = (changes: Partial<StoredEvent> = {}, traceparent = TRACEPARENT): StoredEvent => ({
    ...ofUpgrade(1, traceparent),
    ...{ stream: STREAM, revision: 0, position: 1n, recordedAt: new Date(AT).toISOString() },
    metadata: { ...ofUpgrade(1, traceparent).metadata, hash: '0'.repeat(64) },
    ...changes,
  });

  it('shows in the trace of its writer', () => {
    expect(spanOfEvent(stored(), PUBLISH, AT)).toEqual({
      name: 'publish SampleHappened',
      kind: 'producer',
      origin: { parent: { traceparent: TRACEPARENT } },
      attributes: {
        'messaging.message.id': ofUpgrade(1).id,
        'uplift.instance.id': INSTANCE,
        'uplift.upgrade.id': UPGRADE,
      },
    });
  });

  it('shows not, where it is old, or was written without a trace or with one that is none', () => {
    const later = AT + 300_001;
    expect(spanOfEvent(stored(), PUBLISH, later)).toBeUndefined();
    for (const traceparent of ['', 'canary', TRACEPARENT.replace('00-', 'ff-')]) {
      expect(spanOfEvent(stored({}, traceparent), PUBLISH, AT)).toBeUndefined();
    }
  });

  it('tells nothing of it but what has the form of an id or a type', () => {
    const canary = 'canary of a person';
    const { metadata } = stored();
    const forged = { id: canary, type: canary, metadata: { ...metadata, $correlationId: canary } };
    expect(spanOfEvent(stored(forged), PUBLISH, AT)).toMatchObject({
      name: 'publish event',
      attributes: { 'uplift.instance.id': INSTANCE },
    });
    for (const stream of [`instance-${canary}`, canary, `system-${INSTANCE}`]) {
      const span = spanOfEvent(stored({ ...forged, stream }), PUBLISH, AT);
      expect(span?.attributes).toEqual({});
    }
  });
});
