import { NO_STREAM } from '@uplift/event-store';
import type { AllEventsPage, EventStore } from '@uplift/event-store';
import type { OtherProgram } from '@uplift/event-store/testing';
import { SHARED_STORE } from '../../support/own-store';
import { fill, newestOf, newStream, sampleEvents } from './sample-events';

const PROBE = { type: 'Probe', data: { a: 1 } };

export function readingAllSuite(
  name: string,
  open: () => EventStore,
  openOther: () => OtherProgram,
): void {
  let store: EventStore;
  let other: OtherProgram;
  /** Everything behind a position. */
  const pagesAfter = async (after: bigint | null, limit = 100) => {
    const pages: AllEventsPage[] = [await store.readAll(after, limit)];
    for (let last = pages[0]!; !last.isEnd; pages.push(last)) {
      last = await store.readAll(last.upTo, limit);
    }
    return pages;
  };
  const end = async () => (await pagesAfter(await newestOf(store), 1_000)).at(-1)!.upTo;
  /** Of the streams of a test; where the store is the test's own, of all. */
  const among = (streams: readonly string[]) => (event: { readonly stream: string }) =>
    SHARED_STORE === undefined || streams.includes(event.stream);

  describe(`read all: ${name}`, () => {
    beforeAll(() => {
      store = open();
      other = openOther();
    });
    afterAll(async () => {
      await other.close();
      await store.close();
    });

    it.each([1, 2, 7, 100])('gives every event once and in order, %d at a time', async (limit) => {
      const start = await end();
      const streams = [newStream(), newStream()];
      for (const stream of streams) await fill(store, stream, 9, 3);

      const pages = await pagesAfter(start, limit);

      const events = pages.flatMap((page) => page.events);
      expect(events).toEqual([
        ...(await store.load(streams[0]!)),
        ...(await store.load(streams[1]!)),
      ]);
      expect(pages.every((page) => page.events.length <= limit)).toBe(true);
      const last = events.at(-1)!.position;
      const { upTo } = pages.at(-1)!;
      if (SHARED_STORE === undefined) expect(upTo).toBe(last);
      else expect(upTo! >= last).toBe(true);
    });

    it('begins with the first event', async () => {
      await fill(store, newStream(), 1);
      const events = (await pagesAfter(null, 1_000)).flatMap((page) => page.events);
      expect(events.at(-1)?.position).toBe(await newestOf(store));
    });

    it('ends where nothing follows, and stays there', async () => {
      await fill(store, newStream(), 1);
      let [upTo, page] = [await end(), await store.readAll(await end(), 10)];
      // Somebody else may have written just then.
      for (let n = 0; SHARED_STORE !== undefined && n < 100 && page.upTo !== upTo; n += 1) {
        upTo = await end();
        page = await store.readAll(upTo, 10);
      }
      expect(page).toEqual({
        ...{ events: [], foreign: [], cuts: [] },
        ...{ upTo, isEnd: true },
      });
    });

    it('tells what other programs wrote from what is ours', async () => {
      const start = await end();
      const stream = newStream();
      const theirs = ['ops-test', 'instance-nobody'];
      await other.write('ops-test', PROBE);
      await store.append(stream, NO_STREAM, sampleEvents(1));
      await other.write('instance-nobody', PROBE);
      await other.write(stream, PROBE);

      const pages = await pagesAfter(start);

      const events = pages.flatMap((page) => page.events);
      expect(events.map(({ revision, damage }) => [revision, damage])).toEqual([
        [0, undefined],
        [1, expect.stringContaining('metadata')],
      ]);
      expect(pages.flatMap((page) => page.foreign).filter(among(theirs))).toEqual([
        { stream: 'ops-test', type: 'Probe', position: expect.any(BigInt) as bigint },
        { stream: 'instance-nobody', type: 'Probe', position: expect.any(BigInt) as bigint },
      ]);
    });

    it.each(['deleted', 'tombstoned', 'truncated'] as const)(
      'says that a stream was %s',
      async (how) => {
        const start = await end();
        const stream = newStream();
        await fill(store, stream, 3);
        await other.remove(stream, how);

        const pages = await pagesAfter(start);

        const cuts = pages.flatMap((page) => page.cuts).filter(among([stream]));
        expect(cuts).toEqual([{ stream, how, position: expect.any(BigInt) as bigint }]);
        expect(pages.flatMap((page) => page.foreign).filter(among([stream]))).toEqual([]);
      },
    );
  });
}
