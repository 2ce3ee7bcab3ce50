import { Logger } from '@nestjs/common';
import {
  JetStreamStrategy,
  type BusConnection,
  type EventDelivery,
  type JetStreamStrategyOptions,
} from '@uplift/bus';
import { anEvent, FORGED, publish, reconnected, send, type BusUnderTest } from './bus-under-test';

type Handler = (delivery: EventDelivery) => unknown;

/** Resolves with the arguments of the n-th call. */
function calls<T>(): { push: (value: T) => void; nth: (n: number) => Promise<T>; all: T[] } {
  const all: T[] = [];
  let wake: () => void = () => undefined;
  const push = (value: T) => {
    all.push(value);
    wake();
  };
  const nth = async (n: number) => {
    while (all.length < n) await new Promise<void>((resolve) => (wake = resolve));
    return all[n - 1]!;
  };
  return { push, nth, all };
}

/** Events to handlers over durable consumers. */
export function jetStreamSuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`events over ${name}`, () => {
    let server: BusUnderTest;
    let bus: BusConnection;
    const strategies: JetStreamStrategy[] = [];

    beforeEach(async () => {
      server = await open();
      bus = await server.connect('spec');
    });

    afterEach(async () => {
      await Promise.all(strategies.splice(0).map((strategy) => strategy.close()));
      await bus.close();
      await server.close();
    });

    function consume(
      durable: string,
      handler: Handler,
      options: Partial<JetStreamStrategyOptions> = {},
    ): JetStreamStrategy {
      const strategy = new JetStreamStrategy({ connection: bus, ...options });
      strategy.addHandler(
        durable,
        (delivery: EventDelivery) => Promise.resolve(handler(delivery)),
        true,
      );
      strategy.listen((error) => {
        if (error) throw error as Error;
      });
      strategies.push(strategy);
      return strategy;
    }

    it('hands the exact event to the handler of its consumer, and only once when done', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      const event = anEvent();
      consume('pre-upgrade', (delivery) => void got.push(delivery));
      await publish(bus, anEvent({ type: 'UpgradePending' }), event);
      expect(await got.nth(1)).toMatchObject({ event, deliveryCount: 1 });
      await strategies.pop()!.close();
      expect(await server.undone('pre-upgrade')).toBe(0);
    });

    it('waits for a consumer that does not exist yet', async () => {
      const got = calls<EventDelivery>();
      consume('upgrade', (delivery) => void got.push(delivery));
      await bus.ensureTopology();
      await publish(bus, anEvent({ type: 'UpgradePending' }));
      expect((await got.nth(1)).event.type).toBe('UpgradePending');
    });

    it('delivers again after a retry and after an error, counting deliveries', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      const said = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      consume('pre-upgrade', (delivery) => {
        got.push(delivery);
        if (delivery.deliveryCount === 1) return { kind: 'retry', delayMs: 10 };
        if (delivery.deliveryCount === 2) throw new Error('broken on purpose');
        return { kind: 'done' };
      });
      await publish(bus, anEvent());
      expect((await got.nth(3)).deliveryCount).toBe(3);
      expect(said.mock.calls).toEqual([
        [expect.stringContaining('broken on purpose'), 'pre-upgrade'],
      ]);
      said.mockRestore();
    });

    it('drops an unreadable message, and says so', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      const said = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const event = anEvent();
      consume('pre-upgrade', (delivery) => void got.push(delivery));
      await send(bus, FORGED);
      await publish(bus, event);
      expect((await got.nth(1)).event.id).toBe(event.id);
      await strategies.pop()!.close();
      expect(await server.undone('pre-upgrade')).toBe(0);
      expect(said.mock.calls).toEqual([
        [expect.stringMatching(/^Message 1 of pre-upgrade: .*ce-id/)],
      ]);
      said.mockRestore();
    });

    it('stops by aborting the signal, finishing what listens to it and giving back the rest', async () => {
      await bus.ensureTopology();
      // Nothing of it would come by itself within this test.
      await server.configure('poll-upgrade', { ack_wait: 600_000_000_000 });
      const first = calls<EventDelivery>();
      const second = calls<EventDelivery>();
      const strategy = consume(
        'poll-upgrade',
        (delivery) => {
          first.push(delivery);
          return new Promise(() => undefined);
        },
        { drainMs: 50 },
      );
      const events = [1, 2, 3].map((revision) => anEvent({ type: 'DeploymentAccepted', revision }));
      await publish(bus, ...events);
      const { signal } = await first.nth(3);
      consume('poll-upgrade', (delivery) => void second.push(delivery));
      await strategy.close();
      expect(signal.aborted).toBe(true);
      await second.nth(3);
      expect(new Set(second.all.map((delivery) => delivery.event.id))).toEqual(
        new Set(events.map((e) => e.id)),
      );
    });

    it('keeps what it holds longer than the ack wait', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      let release: () => void = () => undefined;
      consume('pre-upgrade', (delivery) => {
        got.push(delivery);
        return new Promise<void>((resolve) => (release = resolve));
      });
      await publish(bus, anEvent());
      await got.nth(1);
      const other = calls<EventDelivery>();
      consume('pre-upgrade', (delivery) => void other.push(delivery));
      const beats = calls<string>();
      consume('upgrade', () => undefined, { onBeat: (durable) => beats.push(durable) });
      await beats.nth(8);
      expect(other.all).toHaveLength(0);
      release();
    });

    it('goes on by itself after the server was killed and after it was wiped', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      consume('pre-upgrade', (delivery) => void got.push(delivery));
      await publish(bus, anEvent());
      await got.nth(1);
      await reconnected(bus, async () => {
        await server.kill();
        await server.start();
      });
      const sent = anEvent();
      await publish(bus, sent);
      while ((await got.nth(got.all.length)).event.id !== sent.id)
        await got.nth(got.all.length + 1);
      const seen = got.all.length;
      await reconnected(bus, () => server.wipe());
      await bus.ensureTopology();
      await publish(bus, anEvent());
      await got.nth(seen + 1);
    });

    it('runs at most as many handlers at once as allowed, and all in the end', async () => {
      await bus.ensureTopology();
      const got = calls<EventDelivery>();
      let running = 0;
      let most = 0;
      consume(
        'pre-upgrade',
        async (delivery) => {
          most = Math.max(most, ++running);
          await bus.clock.pause(1);
          running -= 1;
          got.push(delivery);
        },
        { concurrency: 5 },
      );
      await publish(bus, ...Array.from({ length: 1_000 }, () => anEvent()));
      await got.nth(1_000);
      expect(most).toBe(5);
    });

    it('hands nothing to a second worker that the first one still holds, and leaves it its share', async () => {
      await bus.ensureTopology();
      const first = calls<EventDelivery>();
      const second = calls<EventDelivery>();
      const hold = () => new Promise(() => undefined);
      const options = { concurrency: 10, drainMs: 10 };
      consume('pre-upgrade', (delivery) => (first.push(delivery), hold()), options);
      await publish(bus, ...Array.from({ length: 1_000 }, () => anEvent()));
      await first.nth(10);
      consume('pre-upgrade', (delivery) => (second.push(delivery), hold()), options);
      await second.nth(10);
      const ids = [...first.all, ...second.all].map(({ event }) => event.id);
      expect(new Set(ids).size).toBe(20);
    });
  });
}
