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

/** Nobody who connects from now on looks after the stream while that is held. */
function holdLooks(server: VirtualBus) {
  let gate = Promise.resolve();
  const looks = {
    count: 0,
    hold: async () => {
      let letGo: () => void = () => undefined;
      gate = new Promise((resolve) => (letGo = resolve));
      // What is under way comes to its end.
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      return () => letGo();
    },
  };
  const connect = server.connect.bind(server);
  server.connect = async (name) => {
    const connection = await connect(name);
    const ensureStream = connection.ensureStream.bind(connection);
    connection.ensureStream = async (options) => {
      await gate;
      const report = await ensureStream(options);
      looks.count += 1;
      return report;
    };
    return connection;
  };
  return looks;
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

it('a stream that somebody deletes is made and filled again, though no connection was lost', async () => {
  const { server, store, start, expectBusIsStore } = await setUp();
  await fill(store, 8);
  await start();
  await expectBusIsStore();
  server.deleteStream();
  await expectBusIsStore();
});

it('a relay goes on in the epoch of another one that has made and filled the stream anew', async () => {
  const { server, store, reader, start, expectBusIsStore } = await setUp();
  const looks = holdLooks(server);
  await fill(store, 8);
  const relay = await start();
  await expectBusIsStore();
  const letGo = await looks.hold();
  server.deleteStream();
  await reader.ensureTopology();
  const messages = (await everything(store)).map((event, n) =>
    encodeEvent(event, { ordinal: n + 1, epoch: 'of another relay' }),
  );
  await send(reader, ...messages);
  const before = looks.count;
  letGo();
  await eventually(() => looks.count >= before + 2);
  await fill(store, 4);
  await expectBusIsStore();
  expect(relay.status.messagesPassedOver).toBe(0);
});

it('says DIVERGED also of a store that was put back while it stood by for another relay', async () => {
  const { reader, store, start } = await setUp();
  const relays = [await start(), await start()];
  await fill(store, 8);
  const putBack = store.backUp();
  await fill(store, 8);
  const standingBy = () => relays.find(({ status }) => status.mode === 'standby');
  await eventually(async () => (await reader.lastSequence()) === 16);
  await eventually(async () => {
    // Which of them loses the race for an event is chance.
    if (!standingBy()) await fill(store, 1);
    return standingBy() !== undefined;
  });
  const waiting = standingBy()!;
  await Promise.all(relays.filter((relay) => relay !== waiting).map((relay) => relay.vanish()));
  putBack();
  await eventually(
    () => waiting.status.reason?.includes('DIVERGED') === true,
    () => waiting.status,
  );
});
