import {
  BACKWARDS,
  binaryEvent,
  END,
  EventStoreDBClient,
  FORWARDS,
  jsonEvent,
  START,
  StreamNotFoundError,
  type ReadStreamOptions,
} from '@eventstore/db-client';
import { eventsNamed, freshStream, LOGS, typesOf, useStore } from './running-store';

describe.each(LOGS)('reading the %s log', (log) => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const running = useStore(log, { now: () => now });
  const client = () => running.client;
  const read = (stream: string, options: ReadStreamOptions = {}) =>
    typesOf(client().readStream(stream, options));

  const written = async (count: number) => {
    const stream = freshStream();
    const { position } = await client().appendToStream(stream, eventsNamed('a', count));
    return { stream, last: position!.commit };
  };

  it.each<[string, ReadStreamOptions, string[]]>([
    ['forwards from the start', {}, ['a0', 'a1', 'a2', 'a3']],
    ['forwards from a revision, inclusive', { fromRevision: 2n }, ['a2', 'a3']],
    ['forwards beyond the end', { fromRevision: 9n }, []],
    ['a limited number', { maxCount: 2 }, ['a0', 'a1']],
    [
      'backwards from the end',
      { direction: BACKWARDS, fromRevision: END, maxCount: 2 },
      ['a3', 'a2'],
    ],
    ['backwards from the start', { direction: BACKWARDS, fromRevision: START }, ['a0']],
    ['backwards from a revision', { direction: BACKWARDS, fromRevision: 1n }, ['a1', 'a0']],
    [
      'backwards from beyond the end',
      { direction: BACKWARDS, fromRevision: 9n, maxCount: 1 },
      ['a3'],
    ],
  ])('reads a stream %s', async (_name, options, expected) => {
    const { stream } = await written(4);
    expect(await read(stream, options)).toEqual(expected);
  });

  it.each<[string, ReadStreamOptions]>([
    ['forwards from the end', { fromRevision: END }],
    ['no event at all', { maxCount: 0 }],
  ])('has no word for a read of %s', async (_name, options) => {
    const { stream } = await written(1);
    await expect(read(stream, options)).rejects.toMatchObject({
      code: 2,
      message: '2 UNKNOWN: Unexpected ReadStreamResult: Error',
    });
  });

  it('never answers a read of no event of $all', async () => {
    await written(1);
    const read = client().readAll({ maxCount: 0 });
    let isAnswered = false;
    for (const event of ['data', 'end', 'error']) read.on(event, () => (isAnswered = true));
    expect(await typesOf(client().readAll({ maxCount: 1 }))).toHaveLength(1);
    expect(isAnswered).toBe(false);
    await read.cancel();
  });

  it('reports a stream that does not exist, and one that has metadata only', async () => {
    const described = freshStream();
    await client().setStreamMetadata(described, { maxCount: 1 });
    for (const stream of [freshStream(), described]) {
      await expect(read(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
    }
  });

  it('reads $all forwards from a position inclusive, backwards exclusive', async () => {
    const { last } = await written(3);
    const fromPosition = { commit: last - 1n, prepare: last - 1n };
    const forwards = client().readAll({ direction: FORWARDS, fromPosition });
    expect(await typesOf(forwards)).toEqual(['a1', 'a2']);
    const backwards = client().readAll({ direction: BACKWARDS, fromPosition, maxCount: 1 });
    expect(await typesOf(backwards)).toEqual(['a0']);
    const fromEnd = client().readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 2 });
    expect(await typesOf(fromEnd)).toEqual(['a2', 'a1']);
  });

  it('reads many pages in both directions without a gap', async () => {
    const { stream } = await written(1000);
    const forwards = await read(stream);
    const backwards = await read(stream, { direction: BACKWARDS, fromRevision: END });
    expect(forwards).toEqual(Array.from({ length: 1000 }, (_, n) => `a${n}`));
    expect(backwards).toEqual(forwards.toReversed());
  });

  it('hides what $maxCount and $tb leave out', async () => {
    const { stream } = await written(5);
    await client().setStreamMetadata(stream, { maxCount: 2 });
    expect(await read(stream)).toEqual(['a3', 'a4']);
    await client().setStreamMetadata(stream, { truncateBefore: 1 });
    expect(await read(stream)).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('hides events older than $maxAge', async () => {
    const { stream } = await written(2);
    await client().setStreamMetadata(stream, { maxAge: 60 });
    now += 30_000;
    await client().appendToStream(stream, eventsNamed('b', 1));
    expect(await read(stream)).toEqual(['a0', 'a1', 'b0']);
    now += 31_000;
    expect(await read(stream)).toEqual(['b0']);
  });

  it('ignores metadata that is not well formed', async () => {
    const { stream } = await written(3);
    const metadata = [
      jsonEvent({ type: '$metadata', data: { $maxCount: 1.5 } }),
      jsonEvent({ type: '$metadata', data: { $tb: 2 ** 53 } }),
      binaryEvent({ type: '$metadata', data: Buffer.from('{"$maxCount":1}') }),
    ];
    for (const event of metadata) {
      await client().appendToStream(`$$${stream}`, event);
      expect(await read(stream)).toEqual(['a0', 'a1', 'a2']);
    }
    expect(await read(`$$${stream}`)).toEqual(['$metadata']);
  });

  it.each([
    ['no revision', '-1@', undefined],
    ['no number', 'x@', undefined],
    ['no stream', '7', undefined],
    ['a truncated event', '0@', 'hidden'],
  ])('ends a read of a link that names %s', async (_what, prefix, hidden) => {
    const { stream } = await written(2);
    await client().setStreamMetadata(stream, { truncateBefore: 1 });
    const links = freshStream('links');
    const target = prefix.endsWith('@') ? `${prefix}${stream}` : prefix;
    await client().appendToStream(links, binaryEvent({ type: '$>', data: Buffer.from(target) }));
    const found = [];
    for await (const { event, link } of client().readStream(links, { resolveLinkTos: true })) {
      found.push([event?.type, link?.type]);
    }
    expect(found).toEqual([hidden ? [undefined, '$>'] : ['$>', undefined]]);
  });

  it('resolves links, and shows the bare link when the target is gone', async () => {
    const { stream } = await written(2);
    const links = freshStream('links');
    const link = (target: string) => jsonEvent({ type: '$>', data: target as never });
    const raw = [`1@${stream}`, `7@${stream}`].map((target) => ({
      ...link(target),
      contentType: 'application/octet-stream' as const,
      data: Buffer.from(target),
    }));
    await client().appendToStream(links, raw);
    const resolved = [];
    for await (const found of client().readStream(links, { resolveLinkTos: true })) {
      resolved.push([found.event?.type, found.link?.type]);
    }
    expect(resolved).toEqual([
      ['a1', '$>'],
      [undefined, '$>'],
    ]);
  });

  it('answers gossip, so that a client may discover it', async () => {
    const seed = `esdb+discover://127.0.0.1:${running.store.port}?tls=false`;
    const discovering = EventStoreDBClient.connectionString(seed);
    const { stream } = await written(1);
    expect(await typesOf(discovering.readStream(stream))).toEqual(['a0']);
    await discovering.dispose();
  });
});
