import { randomUUID } from 'node:crypto';
import type { BusConnection } from '@uplift/bus';
import type { BusMessage, RelayProof, StoredEvent } from '@uplift/contracts';
import { DECISIONS_STREAM, encodeEvent } from '@uplift/contracts';
import type { MessageOfRelay } from '@uplift/event-store';
import {
  headOf,
  linkEvents,
  MAX_EVENT_BYTES,
  NO_STREAM,
  RelayedMessages,
} from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { OnBus } from '../../support/bus-reader';
import { readable } from '../../support/bus-reader';
import { FORGED, send, type BusUnderTest } from '../bus/bus-under-test';
import { eventually, everything, expectSame, fill, newEvent, RunningRelay } from './relay-fixture';

/** An operator's decision that the store need not have the event of a message. */
function accepted({ event, proof: { epoch }, sequence }: MessageOfRelay) {
  const message = { epoch, sequence, eventId: event.id };
  return newEvent('StoreAccepted', { requestedBy: 'operator-7', reason: 'restored', message });
}

const NOWHERE = { stream: `instance-${randomUUID()}`, revision: 0 };
const FAR = { id: randomUUID(), revision: 57 };
const UNCHAINED = { id: randomUUID(), revision: 4, ...{ data: {} } };

/** The relay over any bus, beside an event store in memory. */
export function relaySuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`the relay over ${name}`, () => {
    let server: BusUnderTest;
    let reader: BusConnection;
    let store: InMemoryEventStore;
    const relays: RunningRelay[] = [];

    beforeEach(async () => {
      server = await open();
      reader = await server.connect('reader');
      store = new InMemoryEventStore({ clock: reader.clock });
    });

    afterEach(async () => {
      await Promise.all(relays.splice(0).map((relay) => relay.stop()));
      await reader.close();
      await store.close();
      await server.close();
    });

    async function startRelay(): Promise<RunningRelay> {
      const relay = await RunningRelay.start(server, store);
      relays.push(relay);
      return relay;
    }

    async function expectBusIsStore(): Promise<void> {
      const stored = await everything(store);
      let onBus: unknown;
      await eventually(
        async () => (onBus = await reader.lastSequence().catch(String)) === stored.length,
        () => ({
          onBus,
          relays: relays.map(({ status: { mode, reason, ordinal } }) => ({
            mode,
            reason,
            ordinal,
          })),
        }),
      );
      expectSame((await server.read(stored.length)).map(readable), stored);
    }

    it('puts every event on the bus once, in store order, those that were there and those that come', async () => {
      await fill(store, 1_000);
      const relay = await startRelay();
      await expectBusIsStore();
      await fill(store, 10);
      await expectBusIsStore();
      expect(relay.status).toMatchObject({ mode: 'relaying', caughtUp: true, lagEvents: 0 });
      expect(relay.status.eventsPublished).toBe(1_010);
      expect(relay.status.lagSeconds()).toBe(0);
    });

    it('goes on where it was when it vanishes in the middle', async () => {
      await fill(store, 5_000);
      const first = await startRelay();
      await eventually(() => first.status.eventsPublished > 100);
      await first.vanish();
      relays.splice(0);
      const { ordinal } = readable((await server.read(1))[0]!).proof;
      expect(ordinal).toBe(1);
      await startRelay();
      await expectBusIsStore();
    });

    it('is harmless beside a second and a third relay, and one takes over from another', async () => {
      const three = await Promise.all([startRelay(), startRelay(), startRelay()]);
      for (let round = 0; round < 20; round += 1) await fill(store, 100);
      await expectBusIsStore();
      await eventually(() => three.some((relay) => relay.status.mode === 'relaying'));
      const active = three.filter((relay) => relay.status.mode === 'relaying');
      for (const relay of active) {
        await relay.vanish();
        relays.splice(relays.indexOf(relay), 1);
      }
      if (relays.length === 0) await startRelay();
      await fill(store, 50);
      await expectBusIsStore();
    });

    const PLACES = ['ops-test', 'instance-nobody', `order-${randomUUID()}`];
    const writeForeign = () => PLACES.map((stream) => store.putRaw(stream, 'Probe', { a: 1 }));

    it('passes over what other programs write, and goes on behind it, also after a restart', async () => {
      writeForeign();
      await fill(store, 8);
      writeForeign();
      const first = await startRelay();
      await expectBusIsStore();
      expect(first.status.foreignEvents).toBe(6);
      await first.stop();
      relays.splice(0);
      writeForeign();
      const second = await startRelay();
      await fill(store, 4);
      writeForeign();
      await expectBusIsStore();
      await eventually(() => second.status.foreignEvents === 9);
      expect(second.status).toMatchObject({ mode: 'relaying', reason: undefined, lagEvents: 0 });
    });

    it('numbers what of ours cannot be read like everything else', async () => {
      await fill(store, 4);
      const rollout = `rollout-${randomUUID()}`;
      store.putRaw(`instance-${randomUUID()}`, 'Probe', { a: 1 });
      store.putRaw(`system-${randomUUID()}`, 'T'.repeat(5_000), 'no object');
      await store.append(rollout, NO_STREAM, [newEvent('RolloutPlanned', { waves: 3 })]);
      await fill(store, 4);
      await startRelay();
      await expectBusIsStore();
      const events = (await server.read(11)).map(readable).map(({ event }) => event);
      expect(events.filter(({ damage }) => damage !== undefined)).toHaveLength(2);
      expect(events[6]).toMatchObject({ stream: rollout, type: 'RolloutPlanned' });
    });

    it.each(['deleted', 'tombstoned', 'truncated'] as const)(
      'goes on behind an event whose stream was %s since',
      async (loss) => {
        const gone = `instance-${randomUUID()}`;
        await fill(store, 4);
        await store.append(gone, NO_STREAM, [newEvent('A'), newEvent('B'), newEvent('C')]);
        const first = await startRelay();
        await expectBusIsStore();
        await first.stop();
        relays.splice(0);
        store.remove(gone, loss);
        const second = await startRelay();
        await fill(store, 4);
        await expectBusIsStore();
        expect(second.status).toMatchObject({ mode: 'relaying', reason: undefined });
      },
    );

    it('fills a wiped bus again from the store', async () => {
      await fill(store, 500);
      await startRelay();
      await expectBusIsStore();
      await server.wipe();
      await expectBusIsStore();
      await fill(store, 4);
      await expectBusIsStore();
    });

    it('goes on in one epoch when another relay has filled the wiped bus', async () => {
      await fill(store, 40);
      await Promise.all([startRelay(), startRelay()]);
      await expectBusIsStore();
      await server.wipe();
      for (let n = 0; n < 12; n += 1) await expectBusIsStore().then(() => fill(store, 1));
      const epochs = (await server.read(51)).map((each) => readable(each).proof.epoch);
      expect(new Set(epochs).size).toBe(1);
      expect(relays.map(({ status }) => status.messagesPassedOver)).toEqual([0, 0]);
    });

    it('publishes again what a bus has confirmed and lost, as one restored from a copy', async () => {
      await fill(store, 100);
      await startRelay();
      await expectBusIsStore();
      const restore = await server.backUp();
      await fill(store, 100);
      await expectBusIsStore();
      await restore();
      await expectBusIsStore();
      await fill(store, 4);
      await expectBusIsStore();
    });

    it('survives kills of the bus while it publishes', async () => {
      const relay = await startRelay();
      for (let round = 0; round < 3; round += 1) {
        await fill(store, 3_000);
        await eventually(() => relay.status.eventsPublished > round * 3_000);
        await server.kill();
        await server.start();
      }
      await expectBusIsStore();
    });

    it('passes the largest event that the store accepts, whatever its content', async () => {
      const event = (length: number) =>
        newEvent('InstanceRegistered', { text: '€'.repeat(length) });
      const stream = `instance-${randomUUID()}`;
      await store.append(stream, NO_STREAM, [event(Math.floor((MAX_EVENT_BYTES - 1_000) / 3))]);
      await startRelay();
      await expectBusIsStore();
    });

    it('publishes events of other streams and strange names too', async () => {
      await store.append('some other. stream > *', NO_STREAM, [newEvent('weird type.name*')]);
      await store.append('plain', NO_STREAM, [newEvent('Ünïcode')]);
      await fill(store, 4);
      await startRelay();
      await expectBusIsStore();
    });

    /** It has stopped: the bus carries eight events of a store before this one. */
    async function relayOfAnotherStore() {
      await fill(store, 8);
      const first = await startRelay();
      await expectBusIsStore();
      await first.stop();
      relays.splice(0);
      store = new InMemoryEventStore({ clock: reader.clock });
      await fill(store, 20);
      const relay = await startRelay();
      await eventually(
        () => relay.status.reason !== undefined,
        () => relay.status,
      );
      return relay;
    }

    it('publishes nothing on a bus that is ahead of the store, and says DIVERGED', async () => {
      const relay = await relayOfAnotherStore();
      expect(relay.status).toMatchObject({ mode: 'stopped', eventsPublished: 0 });
      expect(relay.status.reason).toContain('DIVERGED');
      expect(await reader.lastSequence()).toBe(8);
    });

    it('fills the bus anew, in a new epoch behind what is there, when an operator accepts the store', async () => {
      const relay = await relayOfAnotherStore();
      const { found } = await new RelayedMessages(reader, store).newest();
      expect(found?.place).toBe('lacking');
      const { message } = found!;
      await store.append(DECISIONS_STREAM, NO_STREAM, [accepted(message)]);
      await eventually(async () => (await reader.lastSequence()) === 8 + 21);
      const refilled = (await server.read(8 + 21)).slice(8).map(readable);
      expectSame(refilled, await everything(store));
      expect(refilled[0]?.proof.epoch).not.toBe(message.proof.epoch);
      await eventually(() => relay.status.reason === undefined);
      await fill(store, 4);
      await eventually(async () => (await reader.lastSequence()) === 8 + 25);
    });

    describe('when somebody else has written to the bus', () => {
      /** The message of an event of the store, as the relay would not write it. */
      async function aCopyOf(n: number, proof: Partial<RelayProof>, changes: Partial<StoredEvent>) {
        const [{ event, proof: own }] = (await server.read(n)).slice(-1).map(readable) as [OnBus];
        return encodeEvent({ ...event, ...changes }, { ...own, ...proof });
      }

      /** All that somebody may put on the bus behind message 8. */
      const forgeries: readonly [string, () => Promise<BusMessage> | BusMessage][] = [
        ['something unreadable', () => FORGED],
        ['a copy of an old message', () => aCopyOf(2, {}, {})],
        ['a copy of the last message', () => aCopyOf(8, {}, {})],
        ['an old event under the next number', () => aCopyOf(2, { ordinal: 9 }, {})],
        ['an old event as the first of an epoch', () => aCopyOf(1, { ordinal: 1, epoch: 'x' }, {})],
        ['the last event with other content', () => aCopyOf(8, { ordinal: 9 }, { data: { n: 9 } })],
        ['an event of a stream that nobody knows', () => aCopyOf(4, { ordinal: 9 }, NOWHERE)],
        ['an event far behind the end of its stream', () => aCopyOf(8, { ordinal: 9 }, FAR)],
        ['an event with a hash of zeros', () => aCopyOf(8, { ordinal: 9 }, UNCHAINED)],
        ['an event in a stream of others', () => aCopyOf(8, { ordinal: 9 }, { stream: 'ops-1' })],
      ];

      /** What a reader counts: from the newest message back, over what each names as not the relay's. */
      async function counted(): Promise<OnBus[]> {
        const all = await server.read(await reader.lastSequence());
        const found: OnBus[] = [];
        let at = all.length;
        while (at > 0) {
          const message = readable(all[at - 1]!);
          found.unshift(message);
          at = (message.proof.gap?.first ?? at) - 1;
        }
        return found;
      }

      /** Every event once, in order, without a hole, and none of the sequences from 9 on among them. */
      async function expectPassedOver(count = 1): Promise<void> {
        const stored = await everything(store);
        let found: OnBus[] = [];
        await eventually(async () => {
          found = await counted().catch(() => []);
          const ids = found.filter(({ event }, n) => event.id === stored[n]?.id);
          return ids.length === stored.length && found[8]!.sequence > 8 + count;
        });
        expectSame(found, stored);
        expect(found[8]!.sequence).toBeGreaterThan(8 + count);
      }

      it.each(forgeries)(
        'passes over %s, names it and goes on without a hole',
        async (_, forge) => {
          const relay = await startRelay();
          await fill(store, 8);
          await expectBusIsStore();
          await send(reader, await forge());
          await fill(store, 8);
          await expectPassedOver();
          expect(relay.status.mode).toBe('relaying');
          expect(relay.status.messagesPassedOver).toBeGreaterThanOrEqual(1);
        },
      );

      it('passes over many while no relay runs, and copies of copies', async () => {
        const first = await startRelay();
        await fill(store, 8);
        await expectBusIsStore();
        await first.stop();
        relays.splice(0);
        for (const [, forge] of forgeries) await send(reader, await forge());
        for (const n of [2, 3, 4]) await send(reader, await aCopyOf(n, {}, {}));
        for (const n of [2, 3, 4]) await send(reader, await aCopyOf(n, { ordinal: 7 + n }, {}));
        await fill(store, 8);
        const relay = await startRelay();
        await expectPassedOver(forgeries.length + 6);
        expect(relay.status.messagesPassedOver).toBe(forgeries.length + 6);
      });

      it('begins its epoch behind what was there before the first event', async () => {
        await reader.ensureTopology();
        await send(reader, FORGED, FORGED);
        await fill(store, 4);
        await startRelay();
        const stored = await everything(store);
        await eventually(async () => (await reader.lastSequence()) === stored.length + 2);
        const onBus = (await server.read(stored.length + 2)).slice(2).map(readable);
        expectSame(onBus, stored);
        expect(onBus[0]!.proof.gap).toEqual({ first: 1, last: 2 });
      });

      it('goes on after a gap that another relay has named', async () => {
        const first = await startRelay();
        await fill(store, 8);
        await expectBusIsStore();
        await send(reader, FORGED);
        await fill(store, 1);
        await expectPassedOver();
        await first.stop();
        relays.splice(0);
        await startRelay();
        await fill(store, 8);
        await expectPassedOver();
      });

      it('stands by for another relay, however the bus ends', async () => {
        const both = await Promise.all([startRelay(), startRelay()]);
        await fill(store, 8);
        await expectBusIsStore();
        await send(reader, FORGED);
        await fill(store, 8);
        await expectPassedOver();
        await both[0].vanish();
        relays.shift();
        await fill(store, 8);
        await expectPassedOver();
      });

      it('says DIVERGED of an event that only a writer of ours can have made, whatever follows it', async () => {
        const relay = await startRelay();
        await fill(store, 8);
        await expectBusIsStore();
        await relay.stop();
        relays.splice(0);
        const [last] = (await server.read(8)).slice(-1).map(readable) as [OnBus];
        const head = headOf([last.event]);
        const linked = linkEvents(last.event.stream, head, [newEvent('UpgradePending')]);
        const { hashed: _hashed, bytes: _bytes, ...content } = linked.events[0]!;
        const next = { ...last.event, ...content, position: last.event.position + 1n };
        await send(reader, encodeEvent(next, { ...last.proof, ordinal: 9 }), FORGED);
        const { status } = await startRelay();
        await eventually(() => status.reason?.includes('DIVERGED: message 9') === true);
        await fill(store, 4);
        expect(await reader.lastSequence()).toBe(10);
      });
    });
  });
}
