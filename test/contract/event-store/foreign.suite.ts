import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { unreadableReason } from '@uplift/contracts';
import type { EventStore, StreamLoss } from '@uplift/event-store';
import { headOf, NO_STREAM, StreamGoneError, verifyChain } from '@uplift/event-store';
import { SAMPLE_METADATA, type ForeignEvent, type OtherProgram } from '@uplift/event-store/testing';
import { AllReader } from './all-reader';
import { expectForeign, fill, newestOf, newStream, sampleEvents } from './sample-events';

const PROBE: ForeignEvent = { type: 'Probe', data: { a: 1 } };
const OUR_METADATA = { ...SAMPLE_METADATA, hash: 'a'.repeat(64), eventId: randomUUID() };

/** What other programs put where: none of it is ours. */
const FOREIGN: readonly (readonly [where: string, stream: () => string, event: ForeignEvent])[] = [
  ['in a stream of their own', () => 'ops-test', PROBE],
  ['in a stream without a dash', () => `ops${randomUUID().slice(0, 8)}`, PROBE],
  ['in a stream that is named like ours', () => 'instance-nobody', PROBE],
  ['in one with a long name', () => `x${'y'.repeat(300)}-${randomUUID()}`, PROBE],
  ['in one named in upper case', () => `instance-${randomUUID().toUpperCase()}`, PROBE],
  ['in one with a UUID, without our metadata', () => `order-${randomUUID()}`, PROBE],
  ['as bytes', () => 'ops-bytes', { type: 'Blob', data: new Uint8Array([0, 255, 7]) }],
  ['as text', () => 'ops-text', { type: 'Text', data: 'plain' }],
  ['as null', () => 'ops-null', { type: 'Null', data: null }],
  ['of a megabyte', () => 'ops-huge', { type: 'Huge', data: { text: 'x'.repeat(1_000_000) } }],
  ['of a type with a line break', () => 'ops-type', { type: 'A\r\nB: C' }],
  ['with metadata of their own', () => 'ops-meta', { ...PROBE, metadata: { trace: 1 } }],
  ['that link to somewhere', () => 'ops-link', { type: '$>', data: '0@instance-nobody' }],
];

/** What stands in a stream of ours without being readable. */
const DAMAGED: readonly (readonly [what: string, event: ForeignEvent, reason: string])[] = [
  ['without metadata', PROBE, 'damaged-metadata'],
  ['with foreign metadata', { ...PROBE, metadata: { trace: 1 } }, 'damaged-metadata'],
  ['of bytes', { type: 'Blob', data: new Uint8Array([1]) }, 'damaged-metadata'],
  ['of bytes with our metadata', { ...bytes(), metadata: OUR_METADATA }, 'invalid-data'],
  ['of a list', { type: 'List', data: [1], metadata: OUR_METADATA }, 'invalid-data'],
  [
    'of a type without end',
    { type: 'T'.repeat(2_000), metadata: OUR_METADATA },
    'damaged-metadata',
  ],
  ['of a megabyte', { ...huge(), metadata: OUR_METADATA }, 'invalid-data'],
  ['of an unknown type', { type: 'NeverHeardOf', metadata: OUR_METADATA }, 'unknown-type'],
  [
    'of a newer version',
    { type: 'NeverHeardOf', metadata: { ...OUR_METADATA, schemaVersion: 2 } },
    'newer-version',
  ],
];

function bytes(): ForeignEvent {
  return { type: 'UpgradeRequested', data: new Uint8Array([1, 2]) };
}

function huge(): ForeignEvent {
  return { type: 'UpgradeRequested', data: { text: 'x'.repeat(1_000_000) } };
}

/** What every event store must do about what other programs do to it. */
export function foreignSuite(
  name: string,
  open: () => EventStore,
  openOther: () => OtherProgram,
): void {
  describe(`event store shared with other programs: ${name}`, () => {
    let store: EventStore;
    let other: OtherProgram;
    let readers: AllReader[] = [];
    beforeAll(() => {
      store = open();
      other = openOther();
    });
    afterEach(() => Promise.all(readers.splice(0).map((reader) => reader.stop())));
    afterAll(async () => {
      await other.close();
      await store.close();
    });

    const end = async () => ({ after: (await newestOf(store)) ?? 0n });
    const live = async () => {
      const reader = new AllReader(store, await end());
      readers = [...readers, reader];
      return reader.until(({ caughtUp }) => caughtUp);
    };
    const own = async (): Promise<StoredEvent> => {
      const stream = newStream();
      await fill(store, stream, 1);
      return (await store.load(stream))[0]!;
    };

    it.each(FOREIGN)('skips and counts events %s, live and at the next look', async (...row) => {
      const [, stream, event] = row;
      const reader = await live();
      const { position } = await own();
      const before = reader.foreign;
      await other.write(stream(), event);
      const next = await own();
      await reader.until(({ events }) => events.at(-1)?.id === next.id);
      expectForeign(reader.foreign - before, 1);
      const again = await new AllReader(store, { after: position }).until((r) => r.caughtUp);
      await again.stop();
      expect(again.events.map(({ id }) => id)).toEqual([next.id]);
      expectForeign(again.foreign, 1);
      expect(again.upTo! >= next.position).toBe(true);
    });

    it('names the place that it has looked up to, behind all that is ours', async () => {
      const reader = await live();
      const { position } = await own();
      await reader.until((r) => r.upTo! >= position);
      const before = reader.foreign;
      await other.write('ops-test', PROBE);
      await reader.until((r) => r.foreign > before);
      expect(reader.upTo! > position).toBe(true);
      expect(await newestOf(store)).toBe(position);
      const behind = new AllReader(store, { after: reader.upTo! });
      readers.push(behind);
      const next = await own();
      await behind.until(({ events }) => events.length > 0);
      expect(behind.events[0]?.id).toBe(next.id);
    });

    it('finds the newest of ours in front of many of others', async () => {
      const { position } = await own();
      for (let n = 0; n < 100; n += 1) await other.write('ops-many', PROBE);
      expect(await newestOf(store)).toBe(position);
      const next = await own();
      expect(await newestOf(store)).toBe(next.position);
      await other.write('ops-many', PROBE);
      expect(await newestOf(store)).toBe(next.position);
    });

    it('brings an event with our metadata of a category to come, and numbers nothing else', async () => {
      const reader = await live();
      const before = reader.foreign;
      const rollout = `rollout-${randomUUID()}`;
      const { head } = await store.append(rollout, NO_STREAM, sampleEvents(2));
      await other.write(rollout, PROBE);
      const next = await own();
      await reader.until(({ events }) => events.at(-1)?.id === next.id);
      expect(reader.events).toHaveLength(3);
      expect(verifyChain(reader.of(rollout))).toEqual({ valid: true, head });
      expect(reader.events.map(unreadableReason).slice(0, 2)).toEqual([null, null]);
      expectForeign(reader.foreign - before, 1);
    });

    it.each(DAMAGED)('brings what stands in a stream of ours %s, and says so', async (...row) => {
      const [, event, reason] = row;
      const reader = await live();
      const before = reader.foreign;
      const stream = newStream();
      const head = await fill(store, stream, 1);
      await other.write(stream, event);
      await reader.until((r) => r.of(stream).length === 2);
      const [, damaged] = reader.of(stream);
      expect(damaged).toMatchObject({ revision: head.revision + 1, data: {} });
      expect(unreadableReason(damaged!)?.reason).toBe(reason);
      expect(await store.load(stream)).toEqual(reader.of(stream));
      expectForeign(reader.foreign, before);
    });

    it.each<StreamLoss>(['deleted', 'tombstoned', 'truncated'])(
      'says for good that a stream of ours was %s, and goes on with all others',
      async (loss) => {
        const reader = await live();
        const stream = newStream();
        const head = await fill(store, stream, 3);
        await other.remove(stream, loss);
        const next = await own();
        await reader.until(({ events }) => events.at(-1)?.id === next.id);
        expect(reader.of(stream)).toHaveLength(3);
        const gone = new StreamGoneError(stream, loss);
        await expect(store.load(stream)).rejects.toEqual(gone);
        await expect(store.load(stream, 1)).rejects.toEqual(gone);
        await expect(store.loadLast(stream, 1)).rejects.toEqual(gone);
        if (loss === 'tombstoned') {
          await expect(store.append(stream, head, sampleEvents(1))).rejects.toEqual(gone);
        }
        if (loss === 'truncated') expect(await store.load(stream, 2)).toHaveLength(1);
        expect(await newestOf(store)).toBe(next.position);
      },
    );

    it('begins no deleted stream anew', async () => {
      const stream = newStream();
      await fill(store, stream, 3);
      await other.remove(stream, 'deleted');
      const anew = store.append(stream, NO_STREAM, sampleEvents(1));
      await expect(anew).rejects.toEqual(new StreamGoneError(stream, 'deleted'));
    });

    it('has stored that first event behind the others all the same, and goes on from there', async () => {
      const stream = newStream();
      await fill(store, stream, 3);
      await other.remove(stream, 'deleted');
      expect(await store.lastOf(stream)).toBeNull();
      const [first, next] = sampleEvents(2);
      await store.append(stream, NO_STREAM, [first!]).catch(() => undefined);
      const last = await store.lastOf(stream);
      expect(last).toMatchObject({ id: first!.id, revision: 3 });
      const { head } = await store.append(stream, headOf([last!]), [next!]);
      expect(head.revision).toBe(4);
      expect(await store.load(stream, 3)).toMatchObject([{ id: first!.id }, { id: next!.id }]);
      const cut = new StreamGoneError(stream, 'truncated');
      await expect(store.load(stream, 2)).rejects.toEqual(cut);
      await expect(store.loadLast(stream, 1)).rejects.toEqual(cut);
    });

    it('takes what follows the last event of a deleted stream', async () => {
      const stream = newStream();
      const head = await fill(store, stream, 3);
      await other.remove(stream, 'deleted');
      const [next] = sampleEvents(1);
      expect((await store.append(stream, head, [next!])).head.revision).toBe(3);
      expect(await store.load(stream, 3)).toMatchObject([{ id: next!.id }]);
    });
  });
}
