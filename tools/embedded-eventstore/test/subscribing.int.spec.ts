import { once } from 'node:events';
import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { eventsNamed, firstTypes, freshStream, LOGS, useStore } from './running-store';

describe.each(LOGS)('subscribing to the %s log', (log) => {
  const running = useStore(log);
  const client = () => running.client;

  /** Whatever another subscription was sent before is there when this one has caught up. */
  const caughtUpWithAll = async () => {
    const all = client().subscribeToAll();
    await once(all.resume(), 'caughtUp');
    await all.unsubscribe();
  };

  it('delivers what is stored, says once that it caught up, then delivers what comes', async () => {
    const stream = freshStream('live');
    await client().appendToStream(stream, eventsNamed('old', 2));
    let caughtUps = 0;
    const filter = streamNameFilter({ prefixes: [stream] });
    const subscription = client().subscribeToAll({ fromPosition: START, filter });
    subscription.on('caughtUp', () => {
      caughtUps += 1;
      void client().appendToStream(stream, eventsNamed('new', 2));
    });
    expect(await firstTypes(subscription, 4)).toEqual(['old0', 'old1', 'new0', 'new1']);
    expect(caughtUps).toBe(1);
  });

  it('misses nothing and repeats nothing at the switch from catching up to live', async () => {
    const stream = freshStream('switch');
    const total = 600;
    const writing = (async () => {
      for (let n = 0; n < total; n += 20) {
        await client().appendToStream(stream, eventsNamed(`e${n}-`, 20));
      }
    })();
    const revisions: bigint[] = [];
    for await (const { event } of client().subscribeToStream(stream)) {
      if (event) revisions.push(event.revision);
      if (revisions.length === total) break;
    }
    await writing;
    expect(revisions).toEqual(Array.from({ length: total }, (_, n) => BigInt(n)));
  });

  it('starts after the given revision, and after the end', async () => {
    const stream = freshStream();
    await client().appendToStream(stream, eventsNamed('a', 3));
    const after = client().subscribeToStream(stream, { fromRevision: 0n });
    expect(await firstTypes(after, 2)).toEqual(['a1', 'a2']);
    const atEnd = client().subscribeToStream(stream, { fromRevision: END });
    await once(atEnd, 'caughtUp');
    await client().appendToStream(stream, eventsNamed('b', 1));
    expect(await firstTypes(atEnd, 1)).toEqual(['b0']);
  });

  it('waits silently for a stream that does not exist, and for a revision beyond the end', async () => {
    const stream = freshStream();
    const waiting = client().subscribeToStream(stream);
    const beyond = client().subscribeToStream(stream, { fromRevision: 1n });
    const caughtUp: string[] = [];
    waiting.on('caughtUp', () => caughtUp.push('waiting'));
    await Promise.all([once(waiting, 'confirmation'), once(beyond, 'confirmation')]);
    await caughtUpWithAll();
    expect(caughtUp).toEqual([]);
    await client().appendToStream(stream, eventsNamed('a', 3));
    expect(await firstTypes(waiting, 3)).toEqual(['a0', 'a1', 'a2']);
    expect(await firstTypes(beyond, 1)).toEqual(['a2']);
  });

  it('does not say that it caught up with a stream that has metadata only', async () => {
    const stream = freshStream();
    await client().setStreamMetadata(stream, { purpose: 'test' });
    const waiting = client().subscribeToStream(stream);
    let caughtUps = 0;
    waiting.on('caughtUp', () => (caughtUps += 1));
    await once(waiting, 'confirmation');
    await caughtUpWithAll();
    expect(caughtUps).toBe(0);
    await client().appendToStream(stream, eventsNamed('a', 1));
    expect(await firstTypes(waiting, 1)).toEqual(['a0']);
  });

  it('brings live events that metadata hides from a reader', async () => {
    const stream = freshStream();
    await client().appendToStream(stream, eventsNamed('a', 2));
    const live = client().subscribeToStream(stream);
    await once(live, 'caughtUp');
    await client().setStreamMetadata(stream, { truncateBefore: 100 });
    await client().appendToStream(stream, eventsNamed('b', 1));
    expect(await firstTypes(live, 3)).toEqual(['a0', 'a1', 'b0']);
    expect(await firstTypes(client().readStream(stream), 1)).toEqual([]);
  });

  it('resumes $all exactly after the last position seen', async () => {
    const stream = freshStream();
    const { position } = await client().appendToStream(stream, eventsNamed('a', 1));
    await client().appendToStream(stream, eventsNamed('b', 2));
    const resumed = client().subscribeToAll({ fromPosition: position! });
    expect(await firstTypes(resumed, 2)).toEqual(['b0', 'b1']);
  });

  it('counts all events towards checkpoints, and resumes exactly at one', async () => {
    const stream = freshStream('noise');
    const rare = freshStream('rare');
    await client().appendToStream(stream, eventsNamed('n', 100));
    const checkpoints: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: [rare],
      maxSearchWindow: 10,
      checkpointInterval: 1,
      checkpointReached: (_subscription, { commit }) => void checkpoints.push(commit),
    });
    const subscription = client().subscribeToAll({ fromPosition: START, filter });
    await once(subscription, 'caughtUp');
    await client().appendToStream(rare, eventsNamed('r', 1));
    expect(await firstTypes(subscription, 1)).toEqual(['r0']);
    expect(checkpoints.length).toBeGreaterThanOrEqual(10);
    expect(checkpoints).toEqual([...new Set(checkpoints)].sort((a, b) => Number(a - b)));
    const last = checkpoints.at(-1)!;
    const resumed = client().subscribeToAll({
      fromPosition: { commit: last, prepare: last },
      filter: streamNameFilter({ prefixes: [rare] }),
    });
    expect(await firstTypes(resumed, 1)).toEqual(['r0']);
  });

  it.each([
    ['type prefix', () => eventTypeFilter({ prefixes: ['match-me'] })],
    ['type regex', () => eventTypeFilter({ regex: 'h-me[0-9]$' })],
    ['stream prefix', () => streamNameFilter({ prefixes: ['filtered-by'] })],
    ['stream regex', () => streamNameFilter({ regex: '^filtered-by-' })],
  ])('filters $all by %s', async (_name, filter) => {
    const before = client().subscribeToAll({ fromPosition: END, filter: filter() });
    await once(before, 'caughtUp');
    await client().appendToStream(freshStream('other'), eventsNamed('other', 1));
    await client().appendToStream(freshStream('filtered-by'), eventsNamed('match-me', 2));
    expect(await firstTypes(before, 2)).toEqual(['match-me0', 'match-me1']);
  });

  it('leaves out system events when asked to', async () => {
    const subscription = client().subscribeToAll({ filter: excludeSystemEvents() });
    const [first] = await firstTypes(subscription, 1);
    expect(first).not.toMatch(/^\$/);
  });

  it('refuses a filter that is no regular expression', async () => {
    const subscription = client().subscribeToAll({ filter: eventTypeFilter({ regex: '(' }) });
    await expect(once(subscription, 'caughtUp')).rejects.toMatchObject({ code: 3 });
  });

  it('stops pulling for a subscriber that stopped reading, and serves others meanwhile', async () => {
    const stream = freshStream('paused');
    const padding = 'x'.repeat(100_000);
    const paused = client().subscribeToStream(stream, {}, { highWaterMark: 1 });
    await once(paused, 'confirmation');
    for (let n = 0; n < 60; n += 1) {
      await client().appendToStream(stream, [
        { ...eventsNamed(`p${n}-`, 1)[0]!, data: { padding } },
      ]);
    }
    expect(await firstTypes(client().subscribeToStream(stream), 60)).toHaveLength(60);
    expect(new Set(await firstTypes(paused, 60)).size).toBe(60);
  });
});
