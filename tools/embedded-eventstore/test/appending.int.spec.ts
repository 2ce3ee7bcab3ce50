import { randomUUID } from 'node:crypto';
import {
  AccessDeniedError,
  BACKWARDS,
  binaryEvent,
  jsonEvent,
  MaxAppendSizeExceededError,
  StreamNotFoundError,
  WrongExpectedVersionError,
  ANY,
  NO_STREAM,
  STREAM_EXISTS,
  type AppendExpectedRevision,
  type RecordedEvent,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { eventsNamed, freshStream, LOGS, typesOf, useStore } from './running-store';

const MEBIBYTE = 1024 * 1024;

/** Credentials of its own make the client leave the batch stream. */
const PATHS = [
  ['batched', {}],
  ['classic', { credentials: { username: 'admin', password: 'changeit' } }],
] as const;

describe.each(LOGS)('appending to the %s log', (log) => {
  const { client } = lazily(useStore(log));

  describe.each(PATHS)('by the %s call', (_name, options) => {
    const append = (
      stream: string,
      events: Parameters<ReturnType<typeof client>['appendToStream']>[1],
      expectedRevision: AppendExpectedRevision,
    ) => client().appendToStream(stream, events, { ...options, expectedRevision });

    it('answers with the revision and the position of the last event', async () => {
      const stream = freshStream();
      const first = await append(stream, eventsNamed('a', 3), NO_STREAM);
      const second = await append(stream, eventsNamed('b', 1), 2n);
      expect(first.nextExpectedRevision).toBe(2n);
      expect(second.nextExpectedRevision).toBe(3n);
      expect(second.position?.commit).toBe(first.position!.commit + 1n);
      expect(second.position?.prepare).toBe(second.position?.commit);
    });

    it.each<[AppendExpectedRevision, bigint]>([
      [NO_STREAM, 1n],
      [0n, 1n],
      [2n, 1n],
    ])('refuses the expected revision %s when the last one is 1', async (expected, actual) => {
      const stream = freshStream();
      await append(stream, eventsNamed('a', 2), NO_STREAM);
      const refused = append(stream, eventsNamed('b', 1), expected);
      await expect(refused).rejects.toMatchObject({
        type: 'wrong-expected-version',
        streamName: stream,
        expectedVersion: expected,
        actualVersion: actual,
      });
      await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
      expect(await typesOf(client().readStream(stream))).toEqual(['a0', 'a1']);
    });

    it('refuses a revision and "stream exists" for a stream that does not exist', async () => {
      for (const expected of [0n, STREAM_EXISTS] as const) {
        const refused = append(freshStream(), eventsNamed('a', 1), expected);
        await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
      }
    });

    it('accepts "stream exists" for a stream that has metadata only', async () => {
      const stream = freshStream();
      await client().setStreamMetadata(stream, { purpose: 'test' });
      const { nextExpectedRevision } = await append(stream, eventsNamed('a', 1), STREAM_EXISTS);
      expect(nextExpectedRevision).toBe(0n);
    });

    it.each<[AppendExpectedRevision]>([[NO_STREAM], [ANY]])(
      'recognises a repeated append at "%s" and writes nothing',
      async (expected) => {
        const stream = freshStream();
        const events = eventsNamed('a', 3);
        const first = await append(stream, events, expected);
        await append(stream, eventsNamed('b', 1), 2n);
        const repeat = await append(stream, events, expected);
        expect(repeat.nextExpectedRevision).toBe(2n);
        expect(repeat.position).toEqual(first.position);
        expect(await typesOf(client().readStream(stream))).toEqual(['a0', 'a1', 'a2', 'b0']);
      },
    );

    it('recognises a repeat at an exact revision in the middle of the stream', async () => {
      const stream = freshStream();
      const middle = eventsNamed('b', 2);
      await append(stream, eventsNamed('a', 2), NO_STREAM);
      await append(stream, middle, 1n);
      await append(stream, eventsNamed('c', 2), 3n);
      expect((await append(stream, middle, 1n)).nextExpectedRevision).toBe(3n);
      expect((await append(stream, middle.slice(0, 1), 1n)).nextExpectedRevision).toBe(2n);
    });

    it.each<[AppendExpectedRevision]>([[NO_STREAM], [ANY]])(
      'refuses at "%s" an append of which only the first events are known',
      async (expected) => {
        const stream = freshStream();
        const events = eventsNamed('a', 2);
        await append(stream, events, expected);
        const longer = append(stream, [...events, ...eventsNamed('b', 1)], expected);
        await expect(longer).rejects.toBeInstanceOf(WrongExpectedVersionError);
      },
    );

    it('writes the same event ids to another stream', async () => {
      const events = eventsNamed('a', 2);
      await append(freshStream(), events, ANY);
      const other = freshStream();
      await append(other, events, ANY);
      expect(await typesOf(client().readStream(other))).toEqual(['a0', 'a1']);
    });

    it('remembers ids at "any" for the stream that had them last', async () => {
      const events = eventsNamed('a', 2);
      const first = freshStream();
      await append(first, events, ANY);
      await append(freshStream(), events, ANY);
      expect((await append(first, events, ANY)).nextExpectedRevision).toBe(3n);
    });

    it('refuses an event with the nil UUID', async () => {
      const event = { ...eventsNamed('a', 1)[0]!, id: '00000000-0000-0000-0000-000000000000' };
      await expect(append(freshStream(), [event], ANY)).rejects.toMatchObject({
        type: expect.stringMatching(/unknown/) as string,
      });
    });

    it('acknowledges concurrent repeats of one append alike', async () => {
      const stream = freshStream();
      const events = eventsNamed('a', 2);
      const answers = await Promise.all([1, 2, 3].map(() => append(stream, events, NO_STREAM)));
      expect(new Set(answers.map(({ position }) => position?.commit)).size).toBe(1);
      expect(await typesOf(client().readStream(stream))).toEqual(['a0', 'a1']);
    });

    it('lets exactly one of several concurrent appends at one revision win', async () => {
      const stream = freshStream();
      const attempts = Array.from({ length: 20 }, (_, n) =>
        append(stream, eventsNamed(`w${n}-`, 1), NO_STREAM),
      );
      const settled = await Promise.allSettled(attempts);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('refuses an append whose bodies exceed one mebibyte together, and writes none of it', async () => {
      const stream = freshStream();
      const half = () => binaryEvent({ type: 'half', data: new Uint8Array(MEBIBYTE / 2) });
      const refused = append(stream, [half(), half(), ...eventsNamed('one-more', 1)], ANY);
      await expect(refused).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
      await expect(typesOf(client().readStream(stream))).rejects.toBeInstanceOf(
        StreamNotFoundError,
      );
      await append(stream, [half(), half()], NO_STREAM);
    });

    it('refuses one event that alone is far too large', async () => {
      const large = binaryEvent({ type: 'large', data: new Uint8Array(5 * MEBIBYTE) });
      const refused = append(freshStream(), large, ANY);
      await expect(refused).rejects.toMatchObject({ type: 'maximum-append-size-exceeded' });
    });

    it('stores an append that spans many requests as a whole', async () => {
      const stream = freshStream();
      const answer = await append(stream, eventsNamed('a', 2000), NO_STREAM);
      expect(answer.nextExpectedRevision).toBe(1999n);
      const types = await typesOf(client().readStream(stream));
      expect(types).toEqual(Array.from({ length: 2000 }, (_, n) => `a${n}`));
    });

    it('reports a name beyond ASCII in the refusal', async () => {
      const stream = freshStream('größe-✓');
      await append(stream, eventsNamed('ü', 1), NO_STREAM);
      const refused = append(stream, eventsNamed('b', 1), NO_STREAM);
      const error: unknown = await refused.catch((reason: unknown) => reason);
      const name = (error as WrongExpectedVersionError).streamName;
      expect(decodeURIComponent(name)).toBe(stream);
      expect(await typesOf(client().readStream(stream))).toEqual(['ü0']);
    });

    it('accepts an append without events and leaves the stream as it was', async () => {
      const stream = freshStream();
      await append(stream, eventsNamed('a', 1), NO_STREAM);
      await append(stream, [], ANY);
      expect(await typesOf(client().readStream(stream))).toEqual(['a0']);
    });
  });

  it('gives back exactly what was written', async () => {
    const stream = freshStream();
    const json = jsonEvent({ type: 'Json', data: { text: 'ä ✓' }, metadata: { actor: 'me' } });
    const bytes = Uint8Array.from([0, 1, 254, 255]);
    const binary = binaryEvent({ id: randomUUID(), type: 'Binary', data: bytes, metadata: bytes });
    const before = Date.now();
    const { position } = await client().appendToStream(stream, [json, binary], {
      expectedRevision: NO_STREAM,
    });
    const [first, second] = await storedIn(stream);
    const { id, data, metadata } = json;
    const written = { id, type: 'Json', data, metadata };
    expect(first).toMatchObject({ ...written, streamId: stream, revision: 0n, isJson: true });
    expect(second).toMatchObject({ id: binary.id, revision: 1n, isJson: false, position });
    expect(Buffer.from(second!.data as Uint8Array)).toEqual(Buffer.from(bytes));
    expect(Buffer.from(second!.metadata as Uint8Array)).toEqual(Buffer.from(bytes));
    expect(first!.created.getTime()).toBeGreaterThanOrEqual(before);
    expect(first!.created.getTime()).toBeLessThanOrEqual(Date.now());
  });

  const storedIn = (stream: string) => eventsOf(client().readStream(stream));

  async function eventsOf(read: AsyncIterable<ResolvedEvent>): Promise<RecordedEvent[]> {
    const found: RecordedEvent[] = [];
    for await (const { event } of read) if (event) found.push(event);
    return found;
  }

  it('holds a system event from the beginning', async () => {
    const [first] = await eventsOf(client().readAll({ maxCount: 1 }));
    expect(first).toMatchObject({ type: '$metadata', streamId: '$$$scavenges' });
  });

  it('refuses deletes, by metadata too, unless they are enabled', async () => {
    const stream = freshStream();
    await client().appendToStream(stream, eventsNamed('a', 1));
    const refusals = [
      client().deleteStream(stream),
      client().tombstoneStream(stream),
      client().setStreamMetadata(stream, { truncateBefore: Number.MAX_SAFE_INTEGER * 2048 }),
    ];
    for (const refused of refusals) await expect(refused).rejects.toBeInstanceOf(AccessDeniedError);
    const last = client().readStream(stream, {
      direction: BACKWARDS,
      maxCount: 1,
      fromRevision: 'end',
    });
    expect(await typesOf(last)).toEqual(['a0']);
  });
});

function lazily(running: ReturnType<typeof useStore>) {
  return { client: () => running.client };
}
