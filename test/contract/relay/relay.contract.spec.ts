import { randomUUID } from 'node:crypto';
import type { NatsBusConnection } from '@uplift/bus';
import { EVENTS_STREAM } from '@uplift/contracts';
import { EsdbEventStore, NO_STREAM } from '@uplift/event-store';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import { expectForeign } from '../event-store/sample-events';
import { openOwnStore, type OwnStore } from '../../support/own-store';
import { createTempFolder, ensureBuilt, type ManagedProcess } from '../../../tools/stack/src';
import { BusServer } from '../bus/bus-server';
import { readBus } from '../../support/bus-reader';
import { FORGED, send } from '../bus/bus-under-test';
import { eventually, everything, expectSame, fill, newEvent } from './relay-fixture';
import { metric, page, startRelayProcess, type Surroundings } from './relay-process';

type Folder = Awaited<ReturnType<typeof createTempFolder>>;

let folder: Folder;
let own: OwnStore;
let server: BusServer;
let store: EsdbEventStore;
let reader: NatsBusConnection;
let around: Surroundings;
const relays: ManagedProcess[] = [];

beforeAll(() => ensureBuilt());

beforeEach(async () => {
  folder = await createTempFolder();
  own = await openOwnStore();
  server = await BusServer.start();
  store = new EsdbEventStore({ connectionString: own.connectionString });
  reader = await server.connect('reader');
  around = { eventStoreUrl: own.connectionString, bus: server.settings, dir: folder.path };
});

afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
  await reader.close();
  await store.close();
  await server.close();
  await own.close();
});

async function startRelay(name?: string): Promise<ManagedProcess> {
  const relay = await startRelayProcess(around, name);
  relays.push(relay);
  return relay;
}

async function expectBusIsStore(count: number): Promise<void> {
  await eventually(async () => (await reader.lastSequence().catch(() => -1)) >= count);
  const stored = await everything(store);
  expect(stored).toHaveLength(count);
  expectSame(await readBus(reader, count), stored);
}

it('starts alone, is ready, and shows what it has done', async () => {
  await fill(store, 200);
  const relay = await startRelay();
  await expectBusIsStore(200);
  await eventually(async () => (await metric(relay, 'uplift_relay_ordinal')) === 200);
  expect(await metric(relay, 'uplift_relay_lag_events')).toBe(0);
  expect(await metric(relay, 'uplift_relay_lag_seconds')).toBe(0);
  expect(JSON.parse(await page(relay, '/health/ready'))).toEqual({ status: 'ok', reasons: {} });
});

it('loses and doubles nothing when killed again and again at full speed', async () => {
  await fill(store, 6_000);
  for (const round of [1, 2, 3]) {
    const relay = await startRelay(`relay-${round}`);
    await eventually(async () => (await reader.lastSequence().catch(() => 0)) > round * 1_000);
    await relay.kill('SIGKILL');
    relays.splice(0);
  }
  await startRelay('relay-last');
  await expectBusIsStore(6_000);
});

it('has a standby that takes over', async () => {
  const both = [await startRelay('relay-a'), await startRelay('relay-b')];
  await fill(store, 400);
  await expectBusIsStore(400);
  await both[0]!.kill('SIGKILL');
  await fill(store, 40);
  await expectBusIsStore(440);
});

it('passes over a message that is not its own, names it to readers and counts it', async () => {
  const relay = await startRelay();
  await fill(store, 4);
  await expectBusIsStore(4);
  await send(reader, FORGED);
  await store.append(`instance-${randomUUID()}`, NO_STREAM, [newEvent('InstanceRegistered')]);
  await eventually(async () => (await reader.lastSequence()) === 6);
  const { headers } = (await reader.messageAt(6))!;
  expect(headers).toMatchObject({ 'Uplift-Ordinal': '5', 'Uplift-Gap': '5-5' });
  expect(await metric(relay, 'uplift_relay_passed_over_messages')).toBe(1);
  expect(JSON.parse(await page(relay, '/health/ready'))).toMatchObject({ status: 'ok' });
});

it('says on its health page why it publishes nothing', async () => {
  const relay = await startRelay();
  await fill(store, 4);
  await expectBusIsStore(4);
  await relay.stop();
  relays.splice(0);
  const another = await openOwnStore();
  around = { ...around, eventStoreUrl: another.connectionString };
  const beside = await startRelay('relay-beside');
  await eventually(async () => (await page(beside, '/health/ready')).includes('DIVERGED'));
  expect(JSON.parse(await page(beside, '/health/ready'))).toMatchObject({ status: 'failing' });
  await beside.stop();
  relays.splice(0);
  await another.close();
});

it('leaves size and messages in hand as the operator sets them, says so and stays ready', async () => {
  const relay = await startRelay();
  await fill(store, 4);
  await expectBusIsStore(4);
  await server.configure(EVENTS_STREAM, { max_bytes: 5_000_000_000, max_age: 60_000_000_000 });
  await server.configure('upgrade', { max_ack_pending: 77 });
  const repairs = await metric(relay, 'uplift_relay_repairs');
  await eventually(async () => (await metric(relay, 'uplift_relay_repairs')) > repairs);
  await eventually(async () => (await page(relay, '/health/ready')).includes('max_ack_pending'));
  expect(JSON.parse(await page(relay, '/health/ready'))).toEqual({
    status: 'ok',
    reasons: {},
    degraded: {
      'bus-settings':
        'UPLIFT_EVENTS: max_bytes is 5000000000, set here: none; upgrade: max_ack_pending is 77, set here: 20000',
    },
  });
  const { streams, consumers } = await reader.nats.jetstreamManager();
  expect((await streams.info(EVENTS_STREAM)).config).toMatchObject({
    ...{ max_bytes: 5_000_000_000, max_age: 0 },
  });
  const { config } = await consumers.info(EVENTS_STREAM, 'upgrade');
  expect(config.max_ack_pending).toBe(77);
});

it('ends cleanly when asked to', async () => {
  const relay = await startRelay();
  await fill(store, 100);
  expect(await relay.stop()).toMatchObject({ code: 0 });
  relays.splice(0);
});

it('passes over whatever other programs write, also where it starts again, and names a newer version', async () => {
  const other = new EsdbOtherProgram(own.connectionString);
  const gone = `instance-${randomUUID()}`;
  const writeForeign = async () => {
    await other.write('ops-test', { type: 'Probe', data: { a: 1 } });
    await other.write('instance-nobody', { type: 'Probe', data: { a: 1 } });
    await other.write('ops-blob', { type: 'Blob', data: new Uint8Array(100_000) });
    await other.write('ops-link', { type: '$>', data: '0@ops-test' });
  };
  await writeForeign();
  await fill(store, 40);
  await other.write(`instance-${randomUUID()}`, { type: 'Probe', data: { a: 1 } });
  await store.append(gone, NO_STREAM, [newEvent('InstanceRegistered'), newEvent('HealthReported')]);
  const first = await startRelay();
  await expectBusIsStore(43);
  expectForeign(await metric(first, 'uplift_relay_foreign_events'), 4);
  await first.stop();
  await other.remove(gone, 'deleted');
  await writeForeign();
  const second = await startRelay('again');
  await fill(store, 4);
  await expectBusIsStore(47);
  expect(await page(second, '/health/ready')).toContain('"ok"');
  const newer = newEvent('Sketched');
  const metadata = { ...newer.metadata, schemaVersion: 2 };
  await store.append(`instance-${randomUUID()}`, NO_STREAM, [{ ...newer, metadata }]);
  await expectBusIsStore(48);
  await eventually(async () => (await page(second, '/health/ready')).includes('Sketched v2'));
  await other.close();
});
