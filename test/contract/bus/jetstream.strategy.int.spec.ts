import {
  connectBus,
  ensureTopology,
  JetStreamStrategy,
  type BusConnection,
  type EventDelivery,
  type JetStreamStrategyOptions,
  type PoisonMessage,
} from '@uplift/bus';
import { anEvent, publish } from './bus-events';
import { BusServer } from './bus-server';

type Handler = (delivery: EventDelivery) => unknown;

let server: BusServer;
let bus: BusConnection;
const strategies: JetStreamStrategy[] = [];

beforeEach(async () => {
  server = await BusServer.start();
  bus = await connectBus({ servers: server.url, name: 'spec' });
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

async function reconnected(interrupt: () => Promise<void>): Promise<void> {
  const back = new Promise<void>((resolve) => void bus.onReconnect(resolve));
  await interrupt();
  await back;
}

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

it('hands the exact event to the handler of its consumer, and only once when done', async () => {
  await ensureTopology(bus);
  const got = calls<EventDelivery>();
  const event = anEvent();
  consume('pre-upgrade', (delivery) => void got.push(delivery));
  await publish(bus, anEvent({ type: 'UpgradePending' }), event);
  expect(await got.nth(1)).toMatchObject({ event, deliveryCount: 1 });
  await strategies.pop()!.close();
  const info = await (
    await bus.nats.jetstreamManager()
  ).consumers.info('UPLIFT_EVENTS', 'pre-upgrade');
  expect(info).toMatchObject({ num_pending: 0, num_ack_pending: 0 });
});

it('waits for a consumer that does not exist yet', async () => {
  const got = calls<EventDelivery>();
  consume('upgrade', (delivery) => void got.push(delivery));
  await ensureTopology(bus);
  await publish(bus, anEvent({ type: 'UpgradePending' }));
  expect((await got.nth(1)).event.type).toBe('UpgradePending');
});

it('delivers again after a retry and after an error, counting deliveries', async () => {
  await ensureTopology(bus);
  const got = calls<EventDelivery>();
  consume('pre-upgrade', (delivery) => {
    got.push(delivery);
    if (delivery.deliveryCount === 1) return { kind: 'retry', delayMs: 10 };
    if (delivery.deliveryCount === 2) throw new Error('broken on purpose');
    return { kind: 'done' };
  });
  await publish(bus, anEvent());
  expect((await got.nth(3)).deliveryCount).toBe(3);
});

it('gives an unreadable message to onPoison and drops it', async () => {
  await ensureTopology(bus);
  const poison = calls<[PoisonMessage, string]>();
  const got = calls<EventDelivery>();
  consume('pre-upgrade', (delivery) => void got.push(delivery), {
    onPoison: (message, reason) => poison.push([message, reason]),
  });
  await bus.nats.jetstream().publish('uplift.evt.v1.instance.upgrade-requested.x', 'garbage');
  await publish(bus, anEvent());
  const [message, reason] = await poison.nth(1);
  expect(message).toMatchObject({ durable: 'pre-upgrade', sequence: 1, deliveryCount: 1 });
  expect(reason).toContain('ce-id');
  await got.nth(1);
  expect(poison.all).toHaveLength(1);
});

it('stops by aborting the signal, finishing what listens to it and giving back the rest at once', async () => {
  await ensureTopology(bus);
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
  const started = Date.now();
  await strategy.close();
  expect(signal.aborted).toBe(true);
  await second.nth(3);
  expect(Date.now() - started).toBeLessThan(2_000);
  expect(new Set(second.all.map((delivery) => delivery.event.id))).toEqual(
    new Set(events.map((e) => e.id)),
  );
});

it('keeps what it holds longer than the ack wait', async () => {
  await ensureTopology(bus);
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
}, 20_000);

it('goes on by itself after the server was killed and after it was wiped', async () => {
  await ensureTopology(bus);
  const got = calls<EventDelivery>();
  consume('pre-upgrade', (delivery) => void got.push(delivery));
  await publish(bus, anEvent());
  await got.nth(1);
  await reconnected(async () => {
    await server.kill();
    await server.start();
  });
  const sent = anEvent();
  await publish(bus, sent);
  while ((await got.nth(got.all.length)).event.id !== sent.id) await got.nth(got.all.length + 1);
  const seen = got.all.length;
  await reconnected(() => server.wipe());
  await ensureTopology(bus);
  await publish(bus, anEvent());
  await got.nth(seen + 1);
}, 30_000);

it('runs at most as many handlers at once as allowed, and all in the end', async () => {
  await ensureTopology(bus);
  const got = calls<EventDelivery>();
  let running = 0;
  let most = 0;
  consume(
    'pre-upgrade',
    async (delivery) => {
      most = Math.max(most, ++running);
      await bus.nats.rtt();
      running -= 1;
      got.push(delivery);
    },
    { concurrency: 5 },
  );
  await publish(bus, ...Array.from({ length: 1_000 }, () => anEvent()));
  await got.nth(1_000);
  expect(most).toBe(5);
});
