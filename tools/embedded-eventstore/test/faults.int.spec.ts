import { once } from 'node:events';
import {
  AccessDeniedError,
  DeadlineExceededError,
  EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  START,
  TimeoutError,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import {
  startEmbeddedEventStore,
  type EmbeddedEventStore,
  type EmbeddedEventStoreOptions,
} from '../src';
import { eventsNamed, freshStream, typesOf } from './running-store';

const PADDING = 'x'.repeat(1_000);
const padded = (count: number) =>
  Array.from({ length: count }, (_, n) => jsonEvent({ type: `e${n}`, data: { PADDING } }));

describe('a server that does what the real one does', () => {
  let store: EmbeddedEventStore;
  let client: EventStoreDBClient;
  const start = async (options: EmbeddedEventStoreOptions) => {
    store = await startEmbeddedEventStore(options);
    client = EventStoreDBClient.connectionString(store.connectionString);
  };
  afterEach(async () => {
    await client.dispose();
    await store.close();
  });

  /** A subscription that stands still at the end of the store. */
  const stoppedReader = async () => {
    const reader = client.subscribeToAll({ fromPosition: START }, { highWaterMark: 1 });
    const seen: string[] = [];
    let caughtUps = 0;
    reader.on('data', ({ event }) => seen.push(event?.type ?? 'none'));
    reader.on('caughtUp', () => (caughtUps += 1));
    await once(reader, 'caughtUp');
    reader.pause();
    return { reader, seen, caughtUps: () => caughtUps };
  };

  it('throws a reader out that lags by some hundred events, with what it had been sent first', async () => {
    await start({ faults: { slowReaders: 'throw-out' } });
    const { reader, seen } = await stoppedReader();
    const thrownOut = once(reader, 'error');
    const stream = freshStream();
    for (let n = 0; n < 6; n += 1) await client.appendToStream(stream, padded(100));
    reader.resume();
    const [error] = (await thrownOut) as [Error];
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain('Consumer too slow to handle event while live');
    await new Promise(setImmediate);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.length).toBeLessThan(600);
  });

  it('does not throw a reader out that keeps up, or that is catching up', async () => {
    await start({ faults: { slowReaders: 'throw-out' } });
    const stream = freshStream();
    for (let n = 0; n < 10; n += 1) await client.appendToStream(stream, padded(100));
    const late = client.subscribeToStream(stream, {}, { highWaterMark: 1 });
    let count = 0;
    for await (const _event of late) {
      if ((count += 1) === 1_000) break;
      if (count % 100 === 0) await new Promise(setImmediate);
    }
    const { reader, seen } = await stoppedReader();
    reader.resume();
    for (let n = 0; n < 100; n += 1) {
      await client.appendToStream(stream, eventsNamed('live', 5));
    }
    await client.appendToStream(stream, jsonEvent({ type: 'last', data: {} }));
    while (seen.at(-1) !== 'last') await once(reader, 'data');
    expect(seen).toHaveLength(1_502);
  });

  it('goes back to catching up with a slow reader, and says again that it has caught up', async () => {
    await start({ faults: { slowReaders: 'catch-up-again' } });
    const { reader, seen, caughtUps } = await stoppedReader();
    expect(caughtUps()).toBe(1);
    const stream = freshStream();
    for (let n = 0; n < 6; n += 1) await client.appendToStream(stream, padded(100));
    const again = once(reader, 'caughtUp');
    reader.resume();
    await again;
    while (seen.length < 601) await once(reader, 'data');
    expect(caughtUps()).toBe(2);
  });

  it('throws every live reader out as often as it is told', async () => {
    await start({ faults: { throwOutEveryMs: 20 } });
    const readers = [client.subscribeToAll(), client.subscribeToAll()];
    const errors = await Promise.all(
      readers.map(async (reader) => ((await once(reader.resume(), 'error')) as [Error])[0]),
    );
    expect(errors.every((error) => error instanceof TimeoutError)).toBe(true);
  });

  it('answers repeats of an append in flight late, and then with a timeout without words', async () => {
    await start({ faults: { unansweredRepeatsMs: 20 } });
    const stream = freshStream();
    const events = eventsNamed('a', 2);
    const append = () => client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
    const answers = await Promise.allSettled(Array.from({ length: 20 }, append));
    const lost = answers.filter((answer) => answer.status === 'rejected');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(20);
    expect(lost.every(({ reason }) => reason instanceof DeadlineExceededError)).toBe(true);
    expect(lost[0]?.reason).toMatchObject({ message: '' });
    expect((await append()).nextExpectedRevision).toBe(1n);
    expect(await typesOf(client.readStream(stream))).toEqual(['a0', 'a1']);
  });

  it("refuses a position that is no event's own, and accepts one beyond the end in silence", async () => {
    await start({ positionStep: 100 });
    const stream = freshStream();
    const { position } = await client.appendToStream(stream, eventsNamed('a', 1));
    expect(position?.commit).toBe(200n);
    const at = (commit: bigint) => ({ fromPosition: { commit, prepare: commit } });
    const refused = {
      code: 3,
      message: expect.stringContaining('Trying to read from an invalid position.') as string,
    };
    await expect(once(client.subscribeToAll(at(150n)), 'data')).rejects.toMatchObject(refused);
    await expect(typesOf(client.readAll(at(150n)))).rejects.toMatchObject(refused);
    expect(await typesOf(client.readAll(at(200n)))).toEqual(['a0']);
    const beyond = client.subscribeToAll(at(9_950n));
    await once(beyond, 'caughtUp');
    await client.appendToStream(stream, eventsNamed('b', 1));
    const [{ event }] = (await once(beyond, 'data')) as [{ event: { type: string } }];
    expect(event.type).toBe('b0');
    expect(await typesOf(client.readAll(at(9_950n)))).toEqual([]);
  });

  it('is not ready', async () => {
    await start({});
    store.faults.isNotReady = true;
    const stream = freshStream();
    const append = client.appendToStream(stream, eventsNamed('a', 1));
    await expect(append).rejects.toBeInstanceOf(UnknownError);
    await expect(append).rejects.toThrow('Could not recognize Server Is Not Ready');
    await expect(typesOf(client.readStream(stream))).rejects.toBeInstanceOf(UnavailableError);
    store.faults.isNotReady = false;
    await client.appendToStream(stream, eventsNamed('a', 1));
  });

  it('refuses a user without the right, and one that it does not know', async () => {
    await start({});
    const stream = freshStream();
    store.faults.denial = 'access-denied';
    const append = client.appendToStream(stream, eventsNamed('a', 1));
    await expect(append).rejects.toBeInstanceOf(AccessDeniedError);
    await expect(append).rejects.toMatchObject({ message: '' });
    await expect(typesOf(client.readAll())).rejects.toMatchObject({
      message: '7 PERMISSION_DENIED: Access Denied',
    });
    store.faults.denial = 'unauthenticated';
    const message = '16 UNAUTHENTICATED: Unauthenticated';
    const reason = expect.objectContaining({ message }) as unknown;
    const calls = [client.appendToStream(stream, eventsNamed('a', 1)), typesOf(client.readAll())];
    const refused = { status: 'rejected', reason };
    expect(await Promise.allSettled(calls)).toEqual([refused, refused]);
  });

  it('hangs: nothing is answered before it wakes, and then everything, in order', async () => {
    await start({});
    const stream = freshStream();
    await client.appendToStream(stream, eventsNamed('a', 1));
    const live = client.subscribeToStream(stream);
    await once(live.resume(), 'caughtUp');
    store.faults.hang();
    const answered: string[] = [];
    const note = (name: string) => () => answered.push(name);
    const asked = [
      client.appendToStream(stream, eventsNamed('b', 1)).then(note('first')),
      client.appendToStream(stream, eventsNamed('c', 1)).then(note('second')),
      typesOf(client.readStream(stream)).then(note('read')),
    ];
    const other = EventStoreDBClient.connectionString(store.connectionString);
    const late = other.appendToStream(stream, eventsNamed('d', 1));
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(answered).toEqual([]);
    store.faults.wake();
    await Promise.all([...asked, late]);
    expect(answered.indexOf('first')).toBeLessThan(answered.indexOf('second'));
    expect(await typesOf(client.readStream(stream))).toEqual(['a0', 'b0', 'c0', 'd0']);
    await other.dispose();
  });

  it('takes a deadline by its own clock', async () => {
    let ahead = 0;
    await start({ now: () => Date.now() + ahead });
    ahead = 15_000;
    const stream = freshStream();
    const refused = client.appendToStream(stream, eventsNamed('a', 1));
    await expect(refused).rejects.toBeInstanceOf(DeadlineExceededError);
    await client.appendToStream(stream, eventsNamed('a', 1), { deadline: 60_000 });
  });
});
