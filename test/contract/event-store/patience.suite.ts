import {
  EsdbEventStore,
  EventStoreRefusedError,
  EventStoreUnavailableError,
  NO_STREAM,
  PositionNotFoundError,
  verifyChain,
} from '@uplift/event-store';
import type { EsdbEventStoreOptions } from '@uplift/event-store';
import { startEmbeddedEventStore } from '../../../tools/embedded-eventstore/src';
import type {
  EmbeddedEventStore,
  EmbeddedEventStoreOptions,
} from '../../../tools/embedded-eventstore/src';
import { VirtualClock } from '@uplift/runtime/testing';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { AllReader, expectOnly } from './all-reader';
import { CutLine } from './cut-line';
import { fill, newStream, sampleEvents } from './sample-events';

const LEAST = { attemptMs: 300, totalMs: 3_000 };
/** Time for an answer, however slow the machine, and then for no other. */
const ONE_ANSWER = { attemptMs: 60_000, totalMs: 100 };
const AS_IN_PRODUCTION = { attemptMs: 4_000, totalMs: 15_000 };

/** What the real server was seen to do, asked of the embedded one. */
export function patienceSuite(): void {
  describe('event store that does what the real server does', () => {
    let server: EmbeddedEventStore;
    const stores: EsdbEventStore[] = [];
    const folders: TempFolder[] = [];
    const serve = async (options: EmbeddedEventStoreOptions = {}) => {
      server = await startEmbeddedEventStore(options);
    };
    const open = (options: Partial<EsdbEventStoreOptions> = {}) => {
      const { connectionString } = server;
      const store = new EsdbEventStore({ connectionString, ...LEAST, ...options });
      stores.push(store);
      return store;
    };
    const ending: (() => Promise<void>)[] = [];
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
      await Promise.all(ending.splice(0).map((end) => end()));
      await server.close();
      await Promise.all(folders.splice(0).map((folder) => folder.remove()));
    });

    it('loses nothing to a reader that is thrown out again and again, and tells it of no error', async () => {
      await serve({ faults: { throwOutEveryMs: 10 } });
      const store = open(AS_IN_PRODUCTION);
      const reader = new AllReader(store);
      const streams = Array.from({ length: 20 }, newStream);
      const writing = Promise.all(streams.map((stream) => fill(store, stream, 50, 1)));
      await reader.until((r) => r.events.length === 1_000);
      const heads = await writing;
      await reader.until((r) => r.caughtUp);
      expect(reader.events).toHaveLength(1_000);
      streams.forEach((stream, n) => {
        expect(verifyChain(reader.of(stream))).toEqual({ valid: true, head: heads[n] });
      });
      const { lagging, broken, silent } = store.counters.resubscribed;
      expect(lagging).toBeGreaterThan(1);
      expect([broken, silent, store.counters.interruptions]).toEqual([0, 0, 0]);
      await reader.stop();
    });

    it('bears it that a reader with nothing to read is thrown out for longer than its patience', async () => {
      await serve({ faults: { throwOutEveryMs: 10 } });
      const store = open({ totalMs: 100 });
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      const writer = open();
      const thrownOut = () => store.counters.resubscribed.lagging;
      const reading = reader.until((r) => r.events.length > 0);
      await Promise.race([reading, eventually(() => expect(thrownOut()).toBeGreaterThan(30))]);
      await fill(writer, newStream(), 1);
      await reading;
      await reader.stop();
    });

    it.each(['throw-out', 'catch-up-again'] as const)(
      'has a slow reader say that it has caught up only where it has, with slow readers: %s',
      async (slowReaders) => {
        await serve({ faults: { slowReaders } });
        const store = open();
        const reader = await new AllReader(store, { maxBatch: 100 }).until((r) => r.caughtUp);
        const stream = newStream();
        let head = NO_STREAM;
        const text = 'x'.repeat(500);
        for (let n = 0; n < 40; n += 1) {
          const events = sampleEvents(100).map((event) => ({ ...event, data: { text } }));
          ({ head } = await store.append(stream, head, events));
        }
        const early: number[] = [];
        await reader.until((r) => {
          if (r.caughtUp && r.events.length > 0) early.push(r.of(stream).length);
          return r.of(stream).length === 4_000 && r.caughtUp;
        });
        expect(early).toEqual([4_000]);
        expect(verifyChain(reader.of(stream))).toEqual({ valid: true, head });
        await reader.stop();
      },
    );

    it('answers identical appends at once alike, though the server leaves all but one without', async () => {
      const folder = await createTempFolder();
      folders.push(folder);
      // On a disk the first one takes long enough for all others to come meanwhile.
      await serve({ dir: folder.path, faults: { unansweredRepeatsMs: 50 } });
      const store = open();
      await fill(store, newStream(), 1);
      const stream = newStream();
      const events = sampleEvents(2);
      const appends = Array.from({ length: 50 }, () => store.append(stream, NO_STREAM, events));
      const answers = await Promise.all(appends);
      expect(new Set(answers.map(({ head, position }) => `${head.hash} ${position}`)).size).toBe(1);
      expect(await store.load(stream)).toHaveLength(2);
      expect(store.counters.interruptions).toBeGreaterThan(0);
    });

    it('refuses a position that is no event of the store, and one beyond its end', async () => {
      await serve({ positionStep: 100 });
      const clock = new VirtualClock();
      const store = open({ clock });
      const stream = newStream();
      await fill(store, stream, 3);
      const [first, second] = await store.load(stream);
      const between = new AllReader(store, { after: first!.position + 1n });
      await expect(between.next()).rejects.toBeInstanceOf(PositionNotFoundError);
      const beyond = new AllReader(store, { after: 99_900n })
        .next()
        .catch((error: unknown) => error);
      let answer: unknown;
      void beyond.then((error) => (answer = error));
      while (answer === undefined) await clock.advance(100);
      expect(answer).toBeInstanceOf(PositionNotFoundError);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
      const place = { after: first!.position };
      const other = new AllReader(store, { ...place, afterId: second!.id });
      await expect(other.next()).rejects.toMatchObject({
        code: 'position-not-found',
        message: expect.stringContaining(second!.id) as string,
      });
      const same = new AllReader(store, { ...place, afterId: first!.id });
      expect((await same.next())?.events[0]).toEqual(second);
      await same.stop();
      expect(await store.eventAt(second!.position)).toEqual(second);
      expect(await store.eventAt(second!.position + 1n)).toBeNull();
    });

    it('does not go on in another store that took the place of the one it has read', async () => {
      await serve();
      const store = open();
      await fill(store, newStream(), 5);
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      const { port } = server;
      await server.close();
      await serve({ port });
      await fill(open(), newStream(), 20);
      await expect(reader.until(() => false)).rejects.toBeInstanceOf(PositionNotFoundError);
    });

    it.each([
      ['a wrong password', 'unauthenticated', 'user or password is wrong'],
      ['a right that is missing', 'access-denied', 'the right to append'],
    ] as const)(
      'says at once, and to its service, that it is refused: %s',
      async (_case, denial, words) => {
        await serve();
        const refused: EventStoreRefusedError[] = [];
        const withUser = server.connectionString.replace('esdb://', 'esdb://uplift-worker:secret@');
        const store = open({
          connectionString: withUser,
          onRefused: (error) => refused.push(error),
        });
        await fill(store, newStream(), 1);
        server.faults.denial = denial;
        await expectOnly(EventStoreRefusedError, store);
        expect(refused[0]).toMatchObject({ code: 'event-store-refused', user: 'uplift-worker' });
        expect(refused.some(({ message }) => message.includes(words))).toBe(true);
        expect(refused.map(({ message }) => message).join()).not.toContain('secret');
      },
    );

    it('ends a live subscription with the refusal of the store', async () => {
      await serve({ faults: { throwOutEveryMs: 20 } });
      const store = open();
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      server.faults.denial = 'access-denied';
      await expect(reader.until(() => false)).rejects.toMatchObject({
        right: 'read $all',
        user: null,
      });
    });

    it('waits for a server that is not ready, and goes on as soon as it is', async () => {
      await serve();
      const store = open();
      const stream = newStream();
      const head = await fill(store, stream, 1);
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      server.faults.isNotReady = true;
      server.faults.throwOutReaders();
      const asked = Promise.all([
        store.append(stream, head, sampleEvents(1)),
        store.load(stream),
        store.lastPosition(),
      ]);
      await reader.until((r) => !r.caughtUp);
      server.faults.isNotReady = false;
      await asked;
      await reader.until((r) => r.of(stream).length === 2 && r.caughtUp);
      await reader.stop();
    });

    it('leaves a node that stays not ready, as one that is cut off from the others', async () => {
      await serve();
      const other = await startEmbeddedEventStore();
      const line = new CutLine(server.port);
      ending.push(
        () => line.cut(),
        () => other.close(),
      );
      const store = open({ connectionString: await line.open() });
      await fill(store, newStream(), 1);
      server.faults.isNotReady = true;
      line.turnTo(other.port);
      const streams = Array.from({ length: 4 }, newStream);
      await Promise.all(streams.map((stream) => fill(store, stream, 1)));
      const there = open({ connectionString: other.connectionString });
      for (const stream of streams) expect(await there.load(stream)).toHaveLength(1);
    });

    it('appends once, and soon, what was under way while the server hung', async () => {
      await serve();
      const store = open({ totalMs: 15_000 });
      const streams = Array.from({ length: 50 }, newStream);
      const heads = await Promise.all(streams.map((stream) => fill(store, stream, 1)));
      const reader = await new AllReader(store).until((r) => r.caughtUp);
      server.faults.hang();
      const appending = streams.map((stream, n) =>
        store.append(stream, heads[n]!, sampleEvents(2)),
      );
      await reader.until((r) => !r.caughtUp);
      // Nobody is answered in the second round either; what was sent first lands when the server wakes.
      await eventually(() => expect(store.counters.interruptions).toBeGreaterThan(streams.length));
      const wokenAt = performance.now();
      server.faults.wake();
      const answers = await Promise.all(appending);
      expect(performance.now() - wokenAt).toBeLessThan(5_000);
      await reader.until((r) => r.events.length === 150 && r.caughtUp);
      for (const [n, stream] of streams.entries()) {
        const chain = verifyChain(await store.load(stream));
        expect(chain).toEqual({ valid: true, head: answers[n]!.head });
      }
      await reader.stop();
    });

    it('goes on after a refusal that is answered twice', async () => {
      await serve();
      const store = open();
      const stream = newStream();
      const head = await fill(store, stream, 1);
      server.faults.answersRefusalsTwice = true;
      for (let n = 0; n < 3; n += 1) {
        const again = store.append(stream, NO_STREAM, sampleEvents(1));
        await expect(again).rejects.toMatchObject({ code: 'revision-conflict' });
      }
      await store.append(stream, head, sampleEvents(1));
      expect(store.counters.interruptions).toBe(0);
    });

    it('says 503 to whom it let wait long enough, with words', async () => {
      await serve();
      const store = open(ONE_ANSWER);
      server.faults.isNotReady = true;
      const append = store.append(newStream(), NO_STREAM, sampleEvents(1));
      await expect(append).rejects.toBeInstanceOf(EventStoreUnavailableError);
      await expect(append).rejects.toThrow(/not available: .*Server Is Not Ready/);
    });

    it('has words for a timeout that comes without any', async () => {
      await serve({ now: () => Date.now() + 25 * 60 * 60 * 1_000 });
      const store = open(ONE_ANSWER);
      const append = store.append(newStream(), NO_STREAM, sampleEvents(1));
      await expect(append).rejects.toThrow(/not available: .*clocks/);
    });

    it('appends with a clock that is behind, and tells the time of the store', async () => {
      await serve({ now: () => Date.now() + 15_000 });
      const times: number[] = [];
      const store = open({ onEventTime: (at) => times.push(at) });
      const stream = newStream();
      await fill(store, stream, 3);
      await store.load(stream);
      expect(Math.max(...times) - Date.now()).toBeGreaterThan(10_000);
    });

    it('takes an append that landed behind a copy of the store for a conflict', async () => {
      await serve();
      const store = open();
      const stream = newStream();
      const head = await fill(store, stream, 1);
      const { port } = server;
      await server.close();
      const appending = store.append(stream, head, sampleEvents(1));
      const refused = expect(appending).rejects.toMatchObject({ code: 'revision-conflict' });
      await serve({ port });
      await fill(open(), stream, 1);
      await refused;
    });

    it('reads through addresses of KurrentDB, with users of any name', async () => {
      await serve();
      const stream = newStream();
      await fill(open(), stream, 1);
      const host = `127.0.0.1:${server.port}`;
      for (const url of [
        `kurrentdb://${host}?tls=false`,
        `kurrentdb+discover://${host}?tls=false`,
        `esdb+discover://a%40b:p%3Aw%25@${host}/?tls=false`,
        `esdb://a@b:p:w%@${host}?tls=false&throwOnAppendFailure=false`,
      ]) {
        const store = open({ connectionString: url });
        expect(await store.load(stream)).toHaveLength(1);
        await expect(store.append(stream, NO_STREAM, sampleEvents(1))).rejects.toMatchObject({
          code: 'revision-conflict',
        });
      }
    });

    it('ends what waits when it is closed', async () => {
      await serve();
      const store = open();
      server.faults.hang();
      const waiting = store.append(newStream(), NO_STREAM, sampleEvents(1));
      const refused = expect(waiting).rejects.toBeInstanceOf(EventStoreUnavailableError);
      await store.close();
      await refused;
    });
  });
}
