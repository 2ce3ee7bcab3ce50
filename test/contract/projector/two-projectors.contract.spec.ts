import { eventually } from '../../support/eventually';
import { ProjectorBench } from './projector-bench';
import { allRows } from './read-model-rows';
import { writeInstances } from './upgrade-histories';

let bench: ProjectorBench;

beforeAll(async () => {
  bench = await ProjectorBench.start();
}, 60_000);
beforeEach(() => bench.renew());
afterEach(() => bench.stopProjectors());
afterAll(() => bench.stop());

test('of two projectors one writes and the other follows its checkpoint', async () => {
  const [one, other] = await Promise.all([bench.startProjector(), bench.startProjector()]);
  const written = await writeInstances(bench.store, 300);
  const { position } = written.at(-1)!;
  await Promise.all([one.reached(position), other.reached(position)]);
  const { instances, checkpoint } = await allRows(bench.databaseUrl);
  expect(instances).toHaveLength(300);
  expect(checkpoint).toMatchObject([{ events: String(300 * 14) }]);
  const states = [one.loop.state.kind, other.loop.state.kind].sort();
  expect(states).toEqual(['live', 'standby']);
});

test('the one that follows takes over when the writer is gone', async () => {
  const projectors = await Promise.all([bench.startProjector(), bench.startProjector()]);
  const before = await writeInstances(bench.store, 100);
  await Promise.all(projectors.map((each) => each.reached(before.at(-1)!.position)));
  const follower = await eventually(() => {
    const found = projectors.find(({ loop }) => loop.state.kind === 'standby');
    if (!found) throw new Error('nobody follows');
    return found;
  });
  await bench.stopProjector(projectors.find((each) => each !== follower)!);

  const after = await writeInstances(bench.store, 20);
  await follower.reached(after.at(-1)!.position);
  const { instances, timeline } = await allRows(bench.databaseUrl);
  expect(instances).toHaveLength(120);
  expect(timeline).toHaveLength(120 * 14);
}, 20_000);
