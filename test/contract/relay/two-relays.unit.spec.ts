import type { PublishChannel, PublishListener } from '@uplift/bus';
import { encodeEvent, type BusMessage } from '@uplift/contracts';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { readable } from '../../support/bus-reader';
import { send } from '../bus/bus-under-test';
import { VirtualBus } from '../bus/virtual-bus';
import { eventually, everything, expectSame, fill, RunningRelay } from './relay-fixture';

const closing: (() => Promise<void>)[] = [];

async function setUp() {
  const server = await VirtualBus.start();
  const reader = await server.connect('reader');
  const store = new InMemoryEventStore({ clock: server.clock });
  const relays: RunningRelay[] = [];
  const start = async () => {
    const relay = await RunningRelay.start(server, store);
    relays.push(relay);
    return relay;
  };
  const expectBusIsStore = async () => {
    const stored = await everything(store);
    await eventually(async () => (await reader.lastSequence().catch(() => 0)) === stored.length);
    expectSame((await server.read(stored.length)).map(readable), stored);
  };
  closing.push(async () => {
    await Promise.all(relays.map((relay) => relay.stop()));
    await reader.close();
    await server.close();
  });
  return { server, reader, store, start, expectBusIsStore };
}

/** Whatever the connections from now on publish reaches the server only when it is let go. */
function holdPublishes(server: VirtualBus): () => void {
  const held: (() => void)[] = [];
  let isHeld = true;
  const connect = server.connect.bind(server);
  server.connect = async (name) => {
    const connection = await connect(name);
    const open = connection.openPublishing.bind(connection);
    connection.openPublishing = (listener: PublishListener): PublishChannel => {
      const channel = open(listener);
      return {
        send: (message: BusMessage, expectedLast: number) => {
          const publish = () => channel.send(message, expectedLast);
          if (isHeld) held.push(publish);
          else publish();
        },
        close: () => channel.close(),
      };
    };
    return connection;
  };
  return () => {
    isHeld = false;
    held.forEach((publish) => publish());
  };
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

it('a relay whose first message another one was faster with goes on in the epoch of that', async () => {
  const { server, store, reader, start, expectBusIsStore } = await setUp();
  await fill(store, 8);
  await reader.ensureTopology();
  const letGo = holdPublishes(server);
  const late = await start();
  await eventually(() => late.status.mode === 'relaying');
  const [first] = await everything(store);
  await send(reader, encodeEvent(first!, { ordinal: 1, epoch: 'of another relay' }));
  letGo();
  await expectBusIsStore();
});

it('a relay beside one that publishes asks for its place now and then, not at every event', async () => {
  const { store, start, expectBusIsStore } = await setUp();
  const both = await Promise.all([start(), start()]);
  for (let round = 0; round < 30; round += 1) {
    await fill(store, 4);
    await expectBusIsStore();
  }
  const refusals = both.map(({ status }) => status.refusals);
  expect(refusals.reduce((sum, count) => sum + count, 0)).toBeLessThan(10);
});
