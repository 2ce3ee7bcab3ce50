import { randomUUID } from 'node:crypto';
import {
  EventStoreUnavailableError,
  EventTooLargeError,
  MAX_EVENT_BYTES,
  NO_STREAM,
  RevisionConflictError,
  StreamNotFoundError,
  headOf,
  loadOrEmpty,
  verifyChain,
} from '@uplift/event-store';
import { SAMPLE_METADATA } from '@uplift/event-store/testing';
import type { EventStore } from '@uplift/event-store';
import { fill, newStream, sampleEvent, sampleEvents } from './sample-events';

export function appendingSuite(open: () => EventStore): void {
  let store: EventStore;
  beforeEach(() => {
    store = open();
  });

  describe('append', () => {
    it('stores several events of one decision in order, with all they carry', async () => {
      const stream = newStream();
      const events = sampleEvents(3);
      const { head, position } = await store.append(stream, NO_STREAM, events);
      const stored = await store.load(stream);
      expect(stored).toMatchObject(
        events.map((event, revision) => ({ ...event, stream, revision })),
      );
      expect(head).toEqual(headOf(stored));
      expect(stored.at(-1)?.position).toBe(position);
      expect(stored.every(({ recordedAt }) => /^\d{4}-.*Z$/.test(recordedAt))).toBe(true);
    });

    it('keeps any JSON content and any stream name exactly', async () => {
      const stream = `${newStream()}-Ünïcode ✓ 漢字`;
      const data = {
        text: 'ä€😀"\\\n',
        list: [1, -0.5, null, true, {}],
        deep: { z: 1, a: { b: [] } },
      };
      await store.append(stream, NO_STREAM, [sampleEvent(0, data)]);
      const [stored] = await store.load(stream);
      expect(stored?.data).toEqual(data);
      expect(stored?.stream).toBe(stream);
      expect(stored?.metadata).toEqual({ ...SAMPLE_METADATA, hash: expect.any(String) as string });
    });

    it('continues a stream at its head and keeps the hash chain valid', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 7, 2);
      expect(head.revision).toBe(6);
      expect(verifyChain(await store.load(stream))).toEqual({ valid: true, head });
    });

    it.each([
      ['the stream exists and was to be new', 2, -1],
      ['somebody was faster', 3, 1],
      ['the head is ahead of the stream', 2, 5],
      ['the stream does not exist', 0, 3],
    ])('refuses a wrong head: %s', async (_case, there, expected) => {
      const stream = newStream();
      const head = await fill(store, stream, there);
      const wrong = { revision: expected, hash: head.hash };
      const refused = store.append(stream, wrong, sampleEvents(2));
      await expect(refused).rejects.toBeInstanceOf(RevisionConflictError);
      await expect(refused).rejects.toMatchObject({ stream, expectedRevision: expected });
      expect(await loadOrEmpty(store, stream)).toHaveLength(there);
    });

    it('takes a repeat for done: the same answer, nothing stored', async () => {
      const stream = newStream();
      const first = await fill(store, stream, 2);
      const events = sampleEvents(3);
      const original = await store.append(stream, first, events);
      expect(await store.append(stream, first, events)).toEqual(original);
      expect(await store.load(stream)).toHaveLength(5);
    });

    it('takes a repeat for done after others went on, and answers with the head of then', async () => {
      const stream = newStream();
      const events = sampleEvents(2);
      const { head } = await store.append(stream, NO_STREAM, events);
      await store.append(stream, head, sampleEvents(1));
      expect((await store.append(stream, NO_STREAM, events)).head).toEqual(head);
      expect(await store.load(stream)).toHaveLength(3);
    });

    it('refuses a repeat that goes further than what was stored', async () => {
      const stream = newStream();
      const events = sampleEvents(3);
      await store.append(stream, NO_STREAM, events.slice(0, 2));
      const refused = store.append(stream, NO_STREAM, events);
      await expect(refused).rejects.toBeInstanceOf(RevisionConflictError);
      expect(await store.load(stream)).toHaveLength(2);
    });

    it('refuses the same ids with other content: the caller must not build on what is not stored', async () => {
      const stream = newStream();
      const event = sampleEvent(0, { worker: 'a' });
      await store.append(stream, NO_STREAM, [event]);
      const other = { ...event, data: { worker: 'b' } };
      const refused = store.append(stream, NO_STREAM, [other]);
      await expect(refused).rejects.toBeInstanceOf(RevisionConflictError);
      expect((await store.load(stream)).map(({ data }) => data)).toEqual([{ worker: 'a' }]);
    });

    it('accepts the largest event and refuses one byte more, with nothing of its append stored', async () => {
      const overhead =
        JSON.stringify({ text: '' }).length +
        JSON.stringify({ ...SAMPLE_METADATA, hash: '0'.repeat(64) }).length;
      const sized = (bytes: number) => sampleEvent(0, { text: 'x'.repeat(bytes - overhead) });
      const stream = newStream();
      const { head } = await store.append(stream, NO_STREAM, [sized(MAX_EVENT_BYTES)]);
      const refused = store.append(stream, head, [sampleEvent(1), sized(MAX_EVENT_BYTES + 1)]);
      await expect(refused).rejects.toBeInstanceOf(EventTooLargeError);
      await expect(refused).rejects.toMatchObject({ bytes: MAX_EVENT_BYTES + 1 });
      expect(await store.load(stream)).toHaveLength(1);
    });

    it.each([
      ['no event', () => [], 'instance-x', /at least one event/],
      ['a stream of the store itself', () => sampleEvents(1), '$instance', /No stream name/],
      [
        'an event type of the store itself',
        () => [{ ...sampleEvent(0), type: '$metadata' }],
        'instance-x',
        /No event type/,
      ],
      ['content that is no JSON', () => [sampleEvent(0, { n: Number.NaN })], 'instance-x', /NaN/],
    ])('refuses %s at once, and says why', async (_case, events, stream, words) => {
      const { interruptions } = store.counters;
      const refused = store.append(stream, NO_STREAM, events());
      await expect(refused).rejects.toThrow(words);
      await expect(refused).rejects.not.toBeInstanceOf(EventStoreUnavailableError);
      expect(store.counters.interruptions).toBe(interruptions);
    });

    it('lets exactly one of many writers win at one head', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 1);
      const racers = Array.from({ length: 50 }, () => store.append(stream, head, sampleEvents(2)));
      const outcomes = await Promise.allSettled(racers);
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(49);
      expect(lost.every(({ reason }) => reason instanceof RevisionConflictError)).toBe(true);
      expect(await store.load(stream)).toHaveLength(3);
    });

    it('gives 50 repeats at once the same answer and stores one', async () => {
      const stream = newStream();
      const events = sampleEvents(2);
      const repeats = Array.from({ length: 50 }, () => store.append(stream, NO_STREAM, events));
      const answers = await Promise.all(repeats);
      expect(new Set(answers.map(({ head }) => head.hash)).size).toBe(1);
      expect(await store.load(stream)).toHaveLength(2);
    });

    it('compares revisions alone: a hash that is not the stored one breaks the chain', async () => {
      const stream = newStream();
      const { revision } = await fill(store, stream, 2);
      await store.append(stream, { revision, hash: '0'.repeat(64) }, sampleEvents(1));
      const events = await store.load(stream);
      expect(verifyChain(events)).toEqual({ valid: false, revision: 2, reason: 'hash' });
    });

    it('keeps many streams apart under concurrent writers', async () => {
      const streams = Array.from({ length: 40 }, newStream);
      const heads = await Promise.all(streams.map((stream) => fill(store, stream, 10, 3)));
      const histories = await Promise.all(streams.map((stream) => store.load(stream)));
      expect(histories.map((events) => verifyChain(events))).toEqual(
        heads.map((head) => ({ valid: true, head })),
      );
    });

    it('gives positions that grow with every append', async () => {
      const before = (await store.lastPosition()) ?? 0n;
      const positions: bigint[] = [before];
      for (let n = 0; n < 5; n += 1) {
        const { position } = await store.append(newStream(), NO_STREAM, sampleEvents(2));
        expect(position > (positions.at(-1) ?? 0n)).toBe(true);
        positions.push(position);
      }
      expect(await store.lastPosition()).toBe(positions.at(-1));
    });
  });

  describe('load', () => {
    it('starts at the revision asked for', async () => {
      const stream = newStream();
      await fill(store, stream, 5);
      const revisions = (await store.load(stream, 3)).map(({ revision }) => revision);
      expect(revisions).toEqual([3, 4]);
    });

    it('finds nothing beyond the end of a stream', async () => {
      const stream = newStream();
      await fill(store, stream, 2);
      expect(await store.load(stream, 2)).toEqual([]);
    });

    it('says that a stream does not exist', async () => {
      const missing = `instance-${randomUUID()}`;
      await expect(store.load(missing)).rejects.toBeInstanceOf(StreamNotFoundError);
      await expect(store.load(missing)).rejects.toMatchObject({ stream: missing });
      expect(await loadOrEmpty(store, missing)).toEqual([]);
    });

    it('finds the last event alone', async () => {
      const stream = newStream();
      expect(await store.lastOf(stream)).toBeNull();
      await fill(store, stream, 3);
      expect(await store.lastOf(stream)).toEqual((await store.load(stream)).at(-1));
      expect(await store.load(stream, 1, 1)).toEqual((await store.load(stream)).slice(1, 2));
    });

    it.each([
      ['as many as are asked for', 3, undefined, [4, 5, 6]],
      ['no more than there are', 100, undefined, [0, 1, 2, 3, 4, 5, 6]],
      ['those up to a revision', 2, 3, [2, 3]],
      ['those up to the end for a revision beyond it', 2, 50, [5, 6]],
      ['the first alone', 9, 0, [0]],
    ])('finds the last events: %s', async (_words, count, upTo, revisions) => {
      const stream = newStream();
      await fill(store, stream, 7);
      const whole = await store.load(stream);
      const found = await store.loadLast(stream, count, upTo);
      expect(found).toEqual(whole.filter(({ revision }) => revisions.includes(revision)));
    });

    it('finds no last events of a stream that does not exist', async () => {
      const missing = newStream();
      const error = { code: 'stream-not-found', stream: missing };
      await expect(store.loadLast(missing, 2)).rejects.toMatchObject(error);
    });

    it('reads a long stream whole and in order', async () => {
      const stream = newStream();
      await fill(store, stream, 3_000, 500);
      const revisions = (await store.load(stream)).map(({ revision }) => revision);
      expect(revisions).toEqual(Array.from({ length: 3_000 }, (_, n) => n));
    });
  });
}
