import { randomUUID } from 'node:crypto';
import { connectBus, EventPublisher, type BusConnection } from '@uplift/bus';
import { MAX_EVENT_BYTES, NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { BusServer } from '../bus/bus-server';
import { eventually } from './eventually';
import { readBus } from '../../support/bus-reader';
import { expectSame } from './bus-contents';
import { RunningRelay } from './running-relay';
import { everything, fill, newEvent } from './store-filling';

let server: BusServer;
let reader: BusConnection;
let store: InMemoryEventStore;
const relays: RunningRelay[] = [];

beforeEach(async () => {
  server = await BusServer.start();
  reader = await connectBus({ servers: server.url, name: 'reader' });
  store = new InMemoryEventStore();
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await reader.close();
  await store.close();
  await server.close();
});

async function startRelay(): Promise<RunningRelay> {
  const relay = await RunningRelay.start(server.url, store);
  relays.push(relay);
  return relay;
}

async function expectBusIsStore(): Promise<void> {
  const stored = await everything(store);
  const sequence = () => new EventPublisher(reader).lastSequence().catch(() => -1);
  await eventually(
    async () => (await sequence()) === stored.length,
    () => relays.map(({ status }) => [status.mode, status.reason, status.ordinal]),
  );
  expectSame(await readBus(reader, stored.length), stored);
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
  const { ordinal } = (await readBus(reader, 1))[0]!.proof;
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
}, 30_000);

it('fills a wiped bus again from the store', async () => {
  await fill(store, 500);
  await startRelay();
  await expectBusIsStore();
  await server.wipe();
  await expectBusIsStore();
  await fill(store, 4);
  await expectBusIsStore();
}, 30_000);

it('survives kills of the bus while it publishes', async () => {
  const relay = await startRelay();
  for (let round = 0; round < 3; round += 1) {
    await fill(store, 3_000);
    await eventually(() => relay.status.eventsPublished > round * 3_000);
    await server.kill();
    await server.start();
  }
  await expectBusIsStore();
}, 60_000);

it('passes the largest event that the store accepts, whatever its content', async () => {
  const event = (length: number) => newEvent('InstanceRegistered', { text: '€'.repeat(length) });
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

it('publishes nothing on a bus that is ahead of the store, and says DIVERGED', async () => {
  await fill(store, 8);
  const first = await startRelay();
  await expectBusIsStore();
  await first.stop();
  relays.splice(0);
  store = new InMemoryEventStore();
  await fill(store, 20);
  const relay = await startRelay();
  await eventually(
    () => relay.status.reason !== undefined,
    () => relay.status,
  );
  expect(relay.status).toMatchObject({ mode: 'stopped', eventsPublished: 0 });
  expect(relay.status.reason).toContain('DIVERGED');
  expect(await new EventPublisher(reader).lastSequence()).toBe(8);
});

it('stops for good when somebody else has written to the bus', async () => {
  const relay = await startRelay();
  await fill(store, 4);
  await expectBusIsStore();
  await reader.nats.jetstream().publish('uplift.evt.v1.instance.forged.x', '{}');
  await fill(store, 4);
  await eventually(
    () => relay.status.reason !== undefined,
    () => relay.status,
  );
  expect(relay.status.reason).toContain("message 5 is not the relay's");
  const sequence = await new EventPublisher(reader).lastSequence();
  await fill(store, 4);
  await expect(new EventPublisher(reader).lastSequence()).resolves.toBe(sequence);
  expect(relay.status.mode).toBe('stopped');
});
