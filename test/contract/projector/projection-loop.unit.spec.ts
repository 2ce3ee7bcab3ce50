import { DECISIONS_STREAM } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { Logger } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { HeadWatch } from '../../../apps/projector/src/projection/head-watch';
import { ProjectionLoop } from '../../../apps/projector/src/projection/projection-loop';
import { ProjectionProgress } from '../../../apps/projector/src/projection/projection-progress';
import { whyNotProjecting } from '../../../apps/projector/src/projection/projection-state';
import { INSTANCES } from '../../../apps/projector/src/read-model/read-model.tables';
import { rebuildReadModel } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { InMemoryReadModel } from '../../../apps/projector/src/testing/in-memory.read-model';
import { appendTo, writeInstance, writeInstances } from './upgrade-histories';

const METADATA = {
  ...{ $correlationId: 'c', $causationId: 'c', actor: { type: 'system', id: 'spec' } },
  ...{ service: 'spec', schemaVersion: 1, hash: '0'.repeat(64) },
};
const lines: string[] = [];
const write = (_: object, line: string) => void lines.push(line);
const logger = { info: write, warn: write, error: write } as unknown as Logger;

let clock: VirtualClock;
let store: InMemoryEventStore;
let readModel: InMemoryReadModel;
const loops: ProjectionLoop[] = [];

beforeEach(() => {
  lines.length = 0;
  clock = new VirtualClock();
  store = new InMemoryEventStore({ clock });
  readModel = new InMemoryReadModel(clock);
});
afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));

/** As one process would run it, on a connection of its own. */
function startLoop(from: EventStore = store) {
  const progress = new ProjectionProgress(clock);
  const ports = {
    store: from,
    readModel: readModel.connect(),
    clock,
    randomness: new SeededRandomness(1),
    rebuild: (signal: AbortSignal) =>
      rebuildReadModel({ store: from, readModel: readModel.connect(), clock, signal }),
  };
  const loop = new ProjectionLoop({ ...ports, progress, logger });
  loops.push(loop);
  loop.start();
  return { loop, progress };
}

/** Time passes until it holds, but not for ever. */
async function until(holds: () => boolean, limitMs = 60_000): Promise<void> {
  for (let passed = 0; !holds() && passed < limitMs; passed += 50) await clock.advance(50);
  expect(holds()).toBe(true);
}

const checkpoint = () => readModel.checkpoint();

/** As the process does every second. */
async function lookAtStore(progress: ProjectionProgress): Promise<void> {
  progress.see({ position: await store.lastPosition(), seenAt: clock.wall() });
}

test('it projects what is there and what comes, and is live', async () => {
  await writeInstances(store, 30);
  const { loop, progress } = startLoop();
  await until(() => loop.state.kind === 'live');
  const { position, instanceId } = await writeInstance(store);
  await until(() => progress.checkpoint?.position === position);
  expect(await checkpoint()).toMatchObject({ position, events: 31 * 14 });
  const [instance] = await readModel.load(INSTANCES, [instanceId]);
  expect(instance).toMatchObject({ status: 'running-healthy-claimed', revision: 13 });
});

test('it waits for a database that is away, and loses nothing', async () => {
  const { loop } = startLoop();
  await until(() => loop.state.kind === 'live');
  readModel.isAway = true;
  const written = await writeInstances(store, 3);
  await until(() => loop.state.kind === 'retrying');
  await clock.advance(60_000);
  expect(loop.state.kind).toBe('retrying');
  readModel.isAway = false;
  await until(() => loop.state.kind === 'live', 10_000);
  expect(await checkpoint()).toMatchObject({ position: written.at(-1)!.position, events: 42 });
});

test('it waits for a database that is full, says so all the while, and loses nothing', async () => {
  const { loop, progress } = startLoop();
  await until(() => loop.state.kind === 'live');
  readModel.isFull = true;
  const before = await checkpoint();
  const written = await writeInstances(store, 3);
  await until(() => loop.state.kind === 'retrying');
  for (let passed = 0; passed < 120_000; passed += 500) {
    await clock.advance(500);
    expect(whyNotProjecting(loop.state)).toBe('trying again: No space left on device');
  }
  expect(await checkpoint()).toEqual(before);
  expect(lines.filter((line) => line === 'projection interrupted').length).toBeLessThanOrEqual(3);
  readModel.isFull = false;
  await until(() => loop.state.kind === 'live', 10_000);
  expect(progress.checkpoint).toMatchObject({ position: written.at(-1)!.position, events: 42 });
});

test('a second one follows, and takes over when the first lets events lie', async () => {
  const both = [startLoop(), startLoop()];
  await until(() => both.every(({ loop }) => loop.state.kind === 'live'));
  await writeInstances(store, 5);
  await until(() => both.some(({ loop }) => loop.state.kind === 'standby'));
  const follower = both.find(({ loop }) => loop.state.kind === 'standby')!;
  const writer = both.find((each) => each !== follower)!;
  await until(() => follower.progress.checkpoint?.events === 70);
  expect(writer.loop.state.kind).toBe('live');

  await writer.loop.stop();
  const { position } = await writeInstance(store);
  await lookAtStore(follower.progress);
  await clock.advance(1_500);
  expect(follower.loop.state.kind).toBe('standby');
  await until(() => follower.loop.state.kind === 'live', 5_000);
  expect(await checkpoint()).toMatchObject({ position, events: 84 });
});

test('an event it does not know sets its instance aside, and everybody else goes on', async () => {
  const { head, instanceId } = await writeInstance(store);
  await appendTo(store, `instance-${instanceId}`, head, [{ type: 'Unheard', data: {} }]);
  const { loop } = startLoop();
  const other = await writeInstance(store);
  await until(() => loop.state.kind === 'live');
  expect(await checkpoint()).toMatchObject({ position: other.position, events: 29 });
  const [row] = await readModel.load(INSTANCES, [instanceId]);
  const unreadable = { reason: 'unknown-type', eventType: 'Unheard', revision: 14 };
  expect(row).toMatchObject({ revision: 13, status: 'running-healthy-claimed', unreadable });
  expect(loop.newerVersions).toBe(0);
});

test('an event of a newer version is counted', async () => {
  const { instanceId } = await writeInstance(store);
  const metadata = { ...METADATA, schemaVersion: 2 };
  store.putRaw(`instance-${instanceId}`, 'InstanceParked', {}, metadata);
  const { loop } = startLoop();
  await until(() => loop.state.kind === 'live');
  expect(loop.newerVersions).toBe(1);
});

describe('the writes of a projection', () => {
  it('are few while nobody waits: one for all that came in 50 ms', async () => {
    const { loop } = startLoop();
    await until(() => loop.state.kind === 'live');
    const committing = jest.spyOn(InMemoryReadModel.prototype, 'commit');
    for (let n = 0; n < 4; n += 1) {
      await writeInstance(store);
      await clock.advance(10);
    }
    expect(committing).not.toHaveBeenCalled();
    await clock.advance(10);
    expect(committing).toHaveBeenCalledTimes(1);
    committing.mockRestore();
  });

  it('are at once for whoever waits for a position', async () => {
    const { loop, progress } = startLoop();
    await until(() => loop.state.kind === 'live');
    const { position } = await writeInstance(store);
    const waiting = progress.reaches(position, 5_000);
    await clock.advance(0);
    expect(progress.isAt(position)).toBe(true);
    expect(await waiting).toBe(true);
  });
});

describe('events of other programs', () => {
  it('are passed over, whatever they are, and what was looked at is told to others', async () => {
    await writeInstance(store);
    store.putRaw('ops-test', 'Probe', { a: 1 });
    store.putRaw('instance-nobody', 'Probe', { a: 1 });
    const { loop, progress } = startLoop();
    const { position } = await writeInstance(store);
    const last = store.putRaw('ops-test', 'Probe', new Uint8Array(3));
    await until(() => progress.checkpoint?.seenUpTo === last.position);
    expect(loop.state.kind).toBe('live');
    await loop.noteSeen();
    expect(await checkpoint()).toMatchObject({ position, events: 28, seenUpTo: last.position });
  });

  it('let nobody wait for ever who asks for the position of one', async () => {
    await writeInstance(store);
    const { loop, progress } = startLoop();
    await until(() => loop.state.kind === 'live');
    const waiting = progress.reaches(store.putRaw('ops-test', 'Probe').position, 5_000);
    await clock.advance(100);
    expect(await waiting).toBe(true);
    const beyond = progress.reaches(store.putRaw('ops-test', 'Probe').position + 1n, 5_000);
    await clock.advance(5_000);
    expect(await beyond).toBe(false);
  });

  it('are read again after a start: none of them proves that the store is the same', async () => {
    await writeInstance(store);
    const first = startLoop();
    const last = store.putRaw('ops-test', 'Probe');
    await until(() => first.progress.checkpoint?.seenUpTo === last.position);
    await first.loop.noteSeen();
    await first.loop.stop();
    const { position } = await checkpoint();
    const subscribing = jest.spyOn(store, 'subscribeToAll');
    const second = startLoop();
    await until(() => second.progress.checkpoint?.seenUpTo === last.position);
    expect(subscribing.mock.calls[0]?.[0]).toMatchObject({ after: position });
  });
});

describe('a store that is not the one its rows came from', () => {
  const acceptance = {
    type: 'StoreAccepted',
    data: { requestedBy: 'operator-7', reason: 'restored', message: null },
  };
  let connected: InMemoryEventStore;

  /** The projector's connection, which may lead to another store from one moment to the next. */
  const connection = () =>
    new Proxy(store, {
      get: (_store, name) => {
        const value: unknown = Reflect.get(connected, name, connected);
        return typeof value === 'function' ? (value.bind(connected) as unknown) : value;
      },
    });

  /** A store with so many instances takes the place of the present one. */
  async function exchange(instances: number): Promise<void> {
    const before = connected;
    await clock.advance(1_000);
    connected = new InMemoryEventStore({ clock });
    await writeInstances(connected, instances);
    await before.close();
  }

  beforeEach(async () => {
    connected = store;
    await writeInstances(store, 20);
  });

  const isDiverged = ({ loop }: { readonly loop: ProjectionLoop }) =>
    loop.state.kind === 'halted' && loop.state.error.code === 'store-diverged';

  it.each([60, 20, 3, 0])('with %d instances: it stops, and its rows stay', async (instances) => {
    const running = startLoop(connection());
    await until(() => running.loop.state.kind === 'live');
    await exchange(instances);
    await until(() => isDiverged(running));
    await clock.advance(60_000);
    expect(isDiverged(running)).toBe(true);
    expect(await checkpoint()).toMatchObject({ events: 20 * 14 });
  });

  it('is noticed at the start too, and also while the database is away', async () => {
    const first = startLoop(connection());
    await until(() => first.progress.checkpoint?.events === 20 * 14);
    await first.loop.stop();
    await exchange(60);
    const second = startLoop(connection());
    await until(() => isDiverged(second));
    readModel.isAway = true;
    await clock.advance(60_000);
    readModel.isAway = false;
    await clock.advance(10_000);
    expect(isDiverged(second)).toBe(true);
  });

  it('is noticed by one that follows another, although the store has nothing newer', async () => {
    const both = [startLoop(connection()), startLoop(connection())];
    await until(() => both.every(({ loop }) => loop.state.kind === 'live'));
    await writeInstance(connected);
    await until(() => both.some(({ loop }) => loop.state.kind === 'standby'));
    const follower = both.find(({ loop }) => loop.state.kind === 'standby')!;
    await until(() => follower.progress.checkpoint?.events === 21 * 14);
    await exchange(3);
    const watch = new HeadWatch(connection(), follower.progress, {
      clock,
      onLook: () => undefined,
      onSilence: () => undefined,
      onAnotherStore: () => follower.loop.recheck(),
    });
    await watch.look();
    await until(() => isDiverged(follower));
  });

  it('is none when the right store is back', async () => {
    const running = startLoop(connection());
    await until(() => running.loop.state.kind === 'live');
    await running.loop.stop();
    const other = new InMemoryEventStore({ clock });
    const right = connected;
    connected = other;
    const again = startLoop(connection());
    await until(() => isDiverged(again));
    connected = right;
    const { position } = await writeInstance(right);
    await until(() => again.progress.checkpoint?.position === position);
    expect(again.loop.state.kind).toBe('live');
    expect(await checkpoint()).toMatchObject({ events: 21 * 14 });
  });

  it('is built from as soon as an operator accepts it', async () => {
    const running = startLoop(connection());
    await until(() => running.loop.state.kind === 'live');
    await exchange(3);
    await until(() => isDiverged(running));
    const { generation } = await checkpoint();
    const { position } = await appendTo(connected, DECISIONS_STREAM, NO_STREAM, [acceptance]);
    await until(() => running.loop.state.kind === 'live');
    const rebuilt = await checkpoint();
    expect(rebuilt).toMatchObject({ events: 3 * 14 + 1, position });
    expect(rebuilt.generation).not.toBe(generation);
  });

  it('needs a decision of its own: one that the rows know already is none', async () => {
    await appendTo(connected, DECISIONS_STREAM, NO_STREAM, [acceptance]);
    const copy = new InMemoryEventStore({ clock });
    for await (const { events, caughtUp } of connected.subscribeToAll()) {
      for (const { stream, type, data, metadata } of events) {
        copy.putRaw(stream, type, data, metadata);
      }
      if (caughtUp) break;
    }
    const running = startLoop(connection());
    await writeInstance(connected);
    await until(() => running.progress.checkpoint?.events === 21 * 14 + 1);
    await running.loop.stop();
    connected = copy;
    const again = startLoop(connection());
    await until(() => isDiverged(again));
    await clock.advance(60_000);
    expect(isDiverged(again)).toBe(true);
  });

  it('is rebuilt by hand as well', async () => {
    const running = startLoop(connection());
    await until(() => running.loop.state.kind === 'live');
    await exchange(1);
    await until(() => isDiverged(running));
    await rebuildReadModel({ store: connected, readModel: readModel.connect(), clock });
    await until(() => running.loop.state.kind === 'live');
    expect(await checkpoint()).toMatchObject({ events: 14 });
  });
});

test('a rebuild beside it is taken over, with what came meanwhile', async () => {
  await writeInstances(store, 3);
  const { loop, progress } = startLoop();
  await until(() => loop.state.kind === 'live');
  const { generation } = await checkpoint();
  await rebuildReadModel({ store, readModel: readModel.connect(), clock });
  const { position } = await writeInstance(store);
  await lookAtStore(progress);
  await until(() => progress.checkpoint?.position === position);
  expect(progress.checkpoint?.generation).not.toBe(generation);
  expect(await checkpoint()).toMatchObject({ events: 56 });
});

test('tables that somebody drops under it are filled again once they are made anew', async () => {
  await writeInstance(store);
  const { loop, progress } = startLoop();
  await until(() => loop.state.kind === 'live');
  const { generation } = await checkpoint();
  readModel.wipe();
  await writeInstance(store);
  await until(() => loop.state.kind === 'retrying');
  expect(whyNotProjecting(loop.state)).toContain('run uplift migrate');
  readModel.migrate();
  await until(() => (progress.checkpoint?.generation ?? generation) !== generation);
  await until(() => loop.state.kind === 'live');
  expect(await checkpoint()).toMatchObject({ events: 28 });
});

test('tables that somebody drops and makes anew are filled again by one that had halted, too', async () => {
  await writeInstance(store);
  const first = startLoop();
  await until(() => first.loop.state.kind === 'live');
  await first.loop.stop();
  store = new InMemoryEventStore({ clock });
  await writeInstances(store, 2);
  const { loop } = startLoop();
  await until(() => loop.state.kind === 'halted');
  readModel.wipe();
  readModel.migrate();
  await until(() => loop.state.kind === 'live');
  expect(await checkpoint()).toMatchObject({ events: 28 });
});
