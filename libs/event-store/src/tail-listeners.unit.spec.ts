import { randomUUID } from 'node:crypto';
import { instanceStream, refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { AllTail } from './all-tail';
import type { TailListener, UnreadableEvent } from './tail-listeners';
import { InMemoryEventStore, SAMPLE_METADATA } from './testing';

const METADATA = { ...SAMPLE_METADATA, hash: 'a'.repeat(64) };
const WAIT_ENDED = { upgradeId: randomUUID(), attempt: 1, target: 'lagoon/eu', waitedMs: 5 };
const ILL = randomUUID();
const WELL = randomUUID();

const tails: AllTail[] = [];
afterEach(() => Promise.all(tails.splice(0).map((tail) => tail.stop())));

interface Put {
  readonly type?: string;
  readonly data?: unknown;
  readonly metadata?: object;
}

/** A tail of what is put into the store, with one listener that takes everything and one that may throw. */
function setUp(onInstanceEvent: TailListener['onInstanceEvent'] = () => undefined) {
  const clock = new VirtualClock();
  const store = new InMemoryEventStore();
  const tail = new AllTail(store, { clock, randomness: new SeededRandomness(1) });
  tails.push(tail);
  const heard: string[] = [];
  const told: UnreadableEvent[] = [];
  const all: bigint[] = [];
  tail.add({ onInstanceEvent });
  tail.add({
    onEvent: ({ position }) => all.push(position),
    onInstanceEvent: ({ instanceId, revision }) => heard.push(`${instanceId}@${revision}`),
    onSystemEvent: ({ event }) => heard.push(event.type),
    onUnreadable: (unreadable) => told.push(unreadable),
  });
  const put = (instanceId: string, { type = 'WaitEnded', ...event }: Put = {}) => {
    const { data = WAIT_ENDED, metadata } = event;
    const stream = instanceStream(instanceId);
    return store.putRaw(stream, type, data, { ...METADATA, ...metadata });
  };
  const read = async () => {
    tail.start();
    await clock.advance(0);
  };
  return { store, tail, heard, told, all, put, read };
}

describe('the tail, at an event of ours that cannot be read,', () => {
  it.each([
    ['an unknown type', 'unknown-type', { type: 'NeverHeardOf' }],
    ['a newer version', 'newer-version', { metadata: { schemaVersion: 2 } }],
    ['data that does not fit', 'invalid-data', { data: { upgradeId: 7 } }],
    ['no data', 'invalid-data', { data: null }],
    ['damaged metadata', 'damaged-metadata', { metadata: { actor: 'root' } }],
  ])('sets its instance aside and goes on: %s', async (_what, reason, event) => {
    const { tail, heard, told, all, put, read } = setUp();
    const unreadable = put(ILL, event);
    put(WELL);
    put(ILL);
    await read();
    expect([all.length, tail.reason, tail.hasCaughtUp]).toEqual([3, undefined, true]);
    expect(heard).toEqual([`${WELL}@0`]);
    expect(told).toMatchObject([{ event: unreadable, instanceId: ILL, reason }]);
    expect([...tail.setAside]).toEqual([[ILL, told[0]]]);
  });

  it('sets the instance aside whose event a listener cannot take; the others still hear of it', async () => {
    const { tail, heard, told, put, read } = setUp(({ instanceId }) => {
      if (instanceId === ILL) throw new Error('it cannot start twice');
    });
    for (const id of [ILL, WELL, ILL]) put(id);
    await read();
    expect(heard).toEqual([`${ILL}@0`, `${WELL}@0`]);
    expect(told).toMatchObject([{ reason: 'illegal-step', detail: 'it cannot start twice' }]);
    expect([tail.reason, tail.setAside.size]).toEqual([undefined, 1]);
  });

  it('sets the instance aside of which events are missing', async () => {
    const { store, heard, told, put, read } = setUp();
    put(ILL);
    store.putRaw(instanceStream(ILL), '$>', '0@somewhere');
    put(ILL);
    put(WELL);
    await read();
    expect(heard).toEqual([`${ILL}@0`, `${WELL}@0`]);
    expect(told).toMatchObject([{ instanceId: ILL, reason: 'broken-chain' }]);
  });

  it('passes over a switch that it does not know, and says so', async () => {
    const { store, tail, heard, told, read } = setUp();
    const event = store.putRaw(SYSTEM_STREAM, 'NeverHeardOf', {}, METADATA);
    const stop = { core: null, requestedBy: 'operator-7', reason: 'Lagoon is being upgraded' };
    store.putRaw(SYSTEM_STREAM, 'StartsStopped', stop, METADATA);
    await read();
    expect([heard, tail.hasCaughtUp]).toEqual([['StartsStopped'], true]);
    expect(told).toMatchObject([{ event, instanceId: null, reason: 'unknown-type' }]);
  });

  it('says which event is of a newer version, whatever listens: readers go before writers', async () => {
    const { store, tail, put, read } = setUp();
    put(ILL, { type: 'NeverHeardOf' });
    await read();
    expect(tail.tooOldFor).toBeUndefined();
    store.putRaw(refusalStream(ILL), 'Sketched', {}, { ...METADATA, schemaVersion: 2 });
    store.putRaw(refusalStream(ILL), 'Drawn', {}, { ...METADATA, schemaVersion: 3 });
    await read();
    expect(tail.tooOldFor).toMatch(/^Event Sketched v2 .*deploy readers before writers/);
    expect([tail.setAside.size, tail.hasCaughtUp]).toEqual([1, true]);
  });
});
