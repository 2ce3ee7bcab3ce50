import type { BusConnection } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { whyNearlyFull } from '../../../apps/relay/src/relay-status';
import { readable } from '../../support/bus-reader';
import type { FillableBus } from '../bus/bus-under-test';
import { eventually, everything, expectSame, fill, RunningRelay } from './relay-fixture';

const SIZE = 20_000;
const WATCHED_MS = 4_000;
/** Pauses of 250, 500, 1,000 and 2,000 ms, half of each by chance. */
const MOST_REFUSALS = 8;

/** The relay over any bus that has no room left. */
export function fullBusSuite(name: string, open: () => Promise<FillableBus>): void {
  describe(`the relay over ${name} that is full`, () => {
    let server: FillableBus;
    let reader: BusConnection;
    let store: InMemoryEventStore;
    let relay: RunningRelay;

    beforeEach(async () => {
      server = await open();
      reader = await server.connect('reader');
      store = new InMemoryEventStore({ clock: reader.clock });
    });

    afterEach(async () => {
      await relay.stop();
      await reader.close();
      await store.close();
      await server.close();
    });

    const startRelay = async () => (relay = await RunningRelay.start(server, store));
    const says = (words: RegExp) =>
      eventually(
        () => words.test(relay.status.reason ?? ''),
        () => relay.status.reason,
      );

    async function expectBusIsStore(): Promise<void> {
      const stored = await everything(store);
      await eventually(
        async () => (await reader.lastSequence().catch(() => -1)) === stored.length,
        () => relay.status.reason,
      );
      expectSame((await server.read(stored.length)).map(readable), stored);
      await eventually(() => relay.status.reason === undefined);
    }

    /** What its health page says meanwhile, without a gap. */
    async function watched(): Promise<ReadonlySet<string | undefined>> {
      const reasons = new Set<string | undefined>();
      const endsAt = reader.clock.monotonic() + WATCHED_MS;
      while (reader.clock.monotonic() < endsAt) {
        reasons.add(relay.status.reason);
        await reader.clock.pause(20);
      }
      return reasons;
    }

    it('says so for as long as the stream has no room, asks seldom, and goes on by itself', async () => {
      await reader.ensureTopology({ maxBytes: SIZE });
      await startRelay();
      await fill(store, 100);
      await says(/maximum bytes exceeded/);
      const { refusals } = relay.status;
      const reasons = await watched();
      expect([...reasons].filter((reason) => !reason?.includes('maximum bytes exceeded'))).toEqual(
        [],
      );
      expect(relay.status.refusals - refusals).toBeGreaterThan(0);
      expect(relay.status.refusals - refusals).toBeLessThanOrEqual(MOST_REFUSALS);
      expect(relay.lines.filter((line) => line.includes('maximum bytes exceeded'))).toHaveLength(1);
      await server.configure(EVENTS_STREAM, { max_bytes: 1_000_000 });
      await expectBusIsStore();
    });

    it('tells from 70 and 85 % on that the room gets less, before nothing is taken', async () => {
      await reader.ensureTopology({ maxBytes: 100_000 });
      await startRelay();
      await fill(store, 4);
      await eventually(() => relay.status.busFill !== undefined);
      expect(whyNearlyFull(relay.status)).toBeUndefined();
      for (const mark of [70, 85]) {
        while ((await reader.streamFill()).bytes < mark * 1_000) await fillOnBus(4);
        await eventually(() => whyNearlyFull(relay.status)?.includes(`${mark} %`) === true);
        expect(relay.status.reason).toBeUndefined();
      }
      expect(relay.lines.filter((line) => line.includes('% of the bus'))).toHaveLength(2);
    });

    it('confirms nothing that the disk has no room for, says why, and goes on once the bus is started again', async () => {
      await startRelay();
      await fill(store, 8);
      await expectBusIsStore();
      const isRead = await server.isReadWithoutRoom();
      await server.fillDisk();
      // A real server confirms some more, which it loses with its next start: it notices with the next block it writes.
      await eventually(async () => {
        await fill(store, 4);
        await reader.clock.pause(50);
        return relay.status.reason !== undefined;
      });
      await says(/disk is full/);
      expect(await reader.messageAt(3).then(Boolean, () => false)).toBe(isRead);
      await server.makeRoom();
      await server.kill();
      await server.start();
      await expectBusIsStore();
    });

    async function fillOnBus(count: number): Promise<void> {
      await fill(store, count);
      await expectBusIsStore();
    }
  });
}
