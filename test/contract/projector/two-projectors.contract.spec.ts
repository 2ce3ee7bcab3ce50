import { eventually } from '../../support/eventually';
import { ProjectorFixture } from './projector-fixture';
import { allRows } from './read-model-rows';
import { writeInstances } from './upgrade-histories';

const fixture = ProjectorFixture.forEachTest();

test('of two projectors one writes and the other follows its checkpoint', async () => {
  const [one, other] = await Promise.all([fixture.startProjector(), fixture.startProjector()]);
  const written = await writeInstances(fixture.store, 300);
  const { position } = written.at(-1)!;
  await Promise.all([one.reached(position), other.reached(position)]);
  const { instances, checkpoint } = await allRows(fixture.databaseUrl);
  expect(instances).toHaveLength(300);
  expect(checkpoint).toMatchObject([{ events: String(300 * 14) }]);
  const states = [one.loop.state.kind, other.loop.state.kind].sort();
  expect(states).toEqual(['live', 'standby']);
});

test('the one that follows takes over when the writer is gone', async () => {
  const projectors = await Promise.all([fixture.startProjector(), fixture.startProjector()]);
  const before = await writeInstances(fixture.store, 100);
  await Promise.all(projectors.map((each) => each.reached(before.at(-1)!.position)));
  const follower = await eventually(() => {
    const found = projectors.find(({ loop }) => loop.state.kind === 'standby');
    if (!found) throw new Error('nobody follows');
    return found;
  });
  await fixture.stopProjector(projectors.find((each) => each !== follower)!);

  const after = await writeInstances(fixture.store, 20);
  await follower.reached(after.at(-1)!.position);
  const { instances, timeline } = await allRows(fixture.databaseUrl);
  expect(instances).toHaveLength(120);
  expect(timeline).toHaveLength(120 * 14);
});
