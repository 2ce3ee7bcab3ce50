import { once } from 'node:events';
import {
  ANY,
  binaryEvent,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { eventsNamed, firstTypes, freshStream, LOGS, typesOf, useStore } from './running-store';

describe.each(LOGS)('deleting from the %s log', (log) => {
  const running = useStore(log, { allowDeletes: true });
  const client = () => running.client;
  const read = (stream: string) => typesOf(client().readStream(stream));

  const written = async () => {
    const stream = freshStream('größe');
    await client().appendToStream(stream, eventsNamed('old', 2));
    return stream;
  };

  it('hides a soft-deleted stream', async () => {
    const stream = await written();
    await client().deleteStream(stream, { expectedRevision: 1n });
    await expect(read(stream)).rejects.toBeInstanceOf(StreamNotFoundError);
    const exists = client().appendToStream(stream, eventsNamed('a', 1), {
      expectedRevision: STREAM_EXISTS,
    });
    await expect(exists).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it.each([[ANY], [NO_STREAM], [1n]] as const)(
    'continues a soft-deleted stream at "%s" and keeps the old events hidden',
    async (expectedRevision) => {
      const stream = await written();
      await client().deleteStream(stream);
      const again = await client().appendToStream(stream, eventsNamed('new', 2), {
        expectedRevision,
      });
      expect(again.nextExpectedRevision).toBe(3n);
      expect(await read(stream)).toEqual(['new0', 'new1']);
      expect(await firstTypes(client().subscribeToStream(stream), 2)).toEqual(['new0', 'new1']);
    },
  );

  it('keeps the old events hidden when metadata is written to a soft-deleted stream', async () => {
    const stream = await written();
    await client().deleteStream(stream);
    await client().setStreamMetadata(stream, { purpose: 'kept' });
    const { metadata } = await client().getStreamMetadata(stream);
    expect(metadata).toMatchObject({ purpose: 'kept', truncateBefore: 2 });
    expect(await read(stream)).toEqual([]);
  });

  it('refuses to soft-delete a stream that never existed, or at a wrong revision', async () => {
    await expect(client().deleteStream(freshStream())).rejects.toBeInstanceOf(
      WrongExpectedVersionError,
    );
    const wrong = client().deleteStream(await written(), { expectedRevision: 0n });
    await expect(wrong).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('names the stream in a refusal as it is', async () => {
    const stream = freshStream('a name, 100 % of ASCII');
    await client().appendToStream(stream, eventsNamed('a', 2));
    const wrong = client().deleteStream(stream, { expectedRevision: 0n });
    await expect(wrong).rejects.toMatchObject({ streamName: stream });
    await client().tombstoneStream(stream);
    await expect(read(stream)).rejects.toMatchObject({ streamName: stream });
  });

  it('deletes at "no stream" what was deleted before, and not what never was', async () => {
    const stream = await written();
    await client().deleteStream(stream);
    await client().deleteStream(stream, { expectedRevision: NO_STREAM });
    for (const kind of ['deleteStream', 'tombstoneStream'] as const) {
      const refused = client()[kind](freshStream(), { expectedRevision: NO_STREAM });
      await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
    }
  });

  it('revives a soft-deleted stream by an append without events', async () => {
    const stream = await written();
    await client().deleteStream(stream);
    await client().appendToStream(stream, []);
    expect(await read(stream)).toEqual([]);
  });

  it('does not say that it caught up with a soft-deleted stream before it has an event again', async () => {
    const stream = await written();
    await client().deleteStream(stream);
    const waiting = client().subscribeToStream(stream);
    let caughtUps = 0;
    waiting.on('caughtUp', () => (caughtUps += 1));
    await once(waiting, 'confirmation');
    await once(client().subscribeToAll().resume(), 'caughtUp');
    expect(caughtUps).toBe(0);
    await client().appendToStream(stream, eventsNamed('new', 1));
    expect(await firstTypes(waiting, 1)).toEqual(['new0']);
  });

  it('says nothing to a subscriber of a tombstoned stream but that it is deleted', async () => {
    const stream = await written();
    await client().tombstoneStream(stream);
    const late = client().subscribeToStream(stream);
    const seen: string[] = [];
    late.on('confirmation', () => seen.push('confirmation')).on('data', () => seen.push('event'));
    await expect(once(late, 'end')).rejects.toBeInstanceOf(StreamDeletedError);
    expect(seen).toEqual([]);
    await expect(read(`$$${stream}`)).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('answers a repeat of events that are hidden, without a position', async () => {
    const stream = freshStream();
    const events = eventsNamed('a', 2);
    await client().appendToStream(stream, events, { expectedRevision: NO_STREAM });
    await client().setStreamMetadata(stream, { truncateBefore: 2 });
    const repeat = await client().appendToStream(stream, events, { expectedRevision: NO_STREAM });
    expect(repeat).toMatchObject({ nextExpectedRevision: 1n, position: undefined });
  });

  it('ends a tombstoned stream for reads, appends, metadata and live subscribers', async () => {
    const stream = await written();
    const live = firstTypes(client().subscribeToStream(stream), 99);
    await client().tombstoneStream(stream);
    await expect(live).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(read(stream)).rejects.toBeInstanceOf(StreamDeletedError);
    for (const options of [{}, { credentials: { username: 'a', password: 'b' } }]) {
      const append = client().appendToStream(stream, eventsNamed('a', 1), options);
      await expect(append).rejects.toBeInstanceOf(StreamDeletedError);
    }
    const metadata = client().setStreamMetadata(stream, {});
    await expect(metadata).rejects.toBeInstanceOf(StreamDeletedError);
    await expect(client().deleteStream(stream)).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it.each(['deleteStream', 'tombstoneStream'] as const)(
    'leaves a link to an event unresolved after %s',
    async (remove) => {
      const stream = await written();
      await client()[remove](stream);
      const links = freshStream('links');
      const link = binaryEvent({ type: '$>', data: Buffer.from(`1@${stream}`) });
      await client().appendToStream(links, link);
      const found = [];
      for await (const event of client().readStream(links, { resolveLinkTos: true })) {
        found.push([event.event?.type, event.link?.type]);
      }
      expect(found).toEqual([[undefined, '$>']]);
    },
  );

  it('keeps deleted events in $all', async () => {
    const stream = await written();
    await client().tombstoneStream(stream);
    const inAll = [];
    for await (const { event } of client().readAll()) {
      if (event?.streamId === stream) inAll.push([event.type, event.revision]);
    }
    expect(inAll).toEqual([
      ['old0', 0n],
      ['old1', 1n],
      ['$streamDeleted', 9223372036854775807n],
    ]);
  });
});
