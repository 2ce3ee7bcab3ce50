import { InMemoryEventStore } from '@uplift/event-store/testing';
import { createLogger } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { ProjectionLoop } from '../../../apps/projector/src/projection/projection-loop';
import { ProjectionProgress } from '../../../apps/projector/src/projection/projection-progress';
import { INSTANCES } from '../../../apps/projector/src/read-model/read-model.tables';
import { rebuildReadModel } from '../../../apps/projector/src/rebuild/rebuild-read-model';
import { InMemoryReadModel } from '../../../apps/projector/src/testing/in-memory.read-model';
import { appendTo, writeInstance, writeInstances } from './upgrade-histories';

const logger = createLogger('spec', { level: 'silent' });

let clock: VirtualClock;
let store: InMemoryEventStore;
let readModel: InMemoryReadModel;
const loops: ProjectionLoop[] = [];

beforeEach(() => {
  clock = new VirtualClock();
  store = new InMemoryEventStore({ clock });
  readModel = new InMemoryReadModel(clock);
});
afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));

/** As one process would run it, on a connection of its own. */
function startLoop() {
  const progress = new ProjectionProgress(clock);
  const ports = {
    store,
    readModel: readModel.connect(),
    clock,
    randomness: new SeededRandomness(1),
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

test('it stops before an event it does not know, and keeps all before it', async () => {
  const { position, head, instanceId } = await writeInstance(store);
  await appendTo(store, `instance-${instanceId}`, head, [{ type: 'Unheard', data: {} }]);
  const { loop } = startLoop();
  await until(() => loop.state.kind === 'halted');
  await clock.advance(60_000);
  expect(loop.state).toMatchObject({ kind: 'halted', error: { event: { type: 'Unheard' } } });
  expect(loop.state).not.toHaveProperty('error.event.data');
  expect(await checkpoint()).toMatchObject({ position, events: 14 });
});

test('a store behind the read model halts it, also while the database is away, until a rebuild', async () => {
  await writeInstances(store, 2);
  const first = startLoop();
  await until(() => first.progress.checkpoint?.events === 28);
  await first.loop.stop();

  store = new InMemoryEventStore({ clock });
  await writeInstance(store);
  const { loop } = startLoop();
  await until(() => loop.state.kind === 'halted');
  readModel.isAway = true;
  await clock.advance(60_000);
  readModel.isAway = false;
  await rebuildReadModel({ store, readModel: readModel.connect(), clock });
  await until(() => loop.state.kind === 'live');
  expect(await checkpoint()).toMatchObject({ events: 14 });
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

test.each(['live', 'halted'] as const)(
  'tables that somebody drops under it are made and filled again, also while it is %s',
  async (kind) => {
    const { head, instanceId } = await writeInstance(store);
    const unheard = [{ type: 'Unheard', data: {} }];
    if (kind === 'halted') await appendTo(store, `instance-${instanceId}`, head, unheard);
    const { loop, progress } = startLoop();
    await until(() => loop.state.kind === kind);
    const { generation } = await checkpoint();
    readModel.wipe();
    if (kind === 'live') await writeInstance(store);
    await until(() => (progress.checkpoint?.generation ?? generation) !== generation);
    await until(() => loop.state.kind === kind);
    expect(await checkpoint()).toMatchObject({ events: kind === 'live' ? 28 : 14 });
  },
);
