import type { LagoonDeployment } from '@uplift/lagoon';
import { InMemoryLagoon } from '@uplift/lagoon';
import { DeploymentPoller } from './deployment-poller';

const pollers: DeploymentPoller[] = [];
afterEach(() => pollers.splice(0).forEach((poller) => poller.onApplicationShutdown()));

function scene(options: { intervalMs?: number; batch?: number } = {}) {
  const lagoon = new InMemoryLagoon();
  const errors: unknown[] = [];
  let beats = 0;
  const poller = new DeploymentPoller(lagoon, {
    intervalMs: 5,
    batch: 50,
    onError: (error) => errors.push(error),
    onBeat: () => (beats += 1),
    ...options,
  });
  pollers.push(poller);
  const build = async (n: number) => {
    const { environmentId } = lagoon.script.place({ project: `app-${n}`, environment: 'main' });
    const request = { environmentId, bulkName: `marker-${n}` };
    const answer = await lagoon.deployLatest(request, new AbortController().signal);
    return { environmentId, name: answer.kind === 'accepted' ? answer.buildName : '' };
  };
  /** Resolves with the row of the look number `looks`, and ends the watch. */
  const seen = ({ environmentId, name }: { environmentId: number; name: string }, looks = 1) =>
    new Promise<LagoonDeployment | null>((resolve) => {
      let count = 0;
      poller.watch(environmentId, name, (row) => {
        count += 1;
        if (count === looks) resolve(row);
        return Promise.resolve(count >= looks);
      });
    });
  const polls = () => lagoon.calls.filter(({ operation }) => operation === 'deploymentsOfMany');
  return { lagoon, poller, errors, build, seen, polls, beats: () => beats };
}

describe('the deployment poller', () => {
  it('asks about many builds in one request', async () => {
    const { build, seen, polls } = scene({ intervalMs: 40 });
    const builds = await Promise.all(Array.from({ length: 40 }, (_, n) => build(n)));
    const rows = await Promise.all(builds.map((each) => seen(each)));
    expect(rows.map((row) => row?.name)).toEqual(builds.map(({ name }) => name));
    expect(polls().length).toBeLessThanOrEqual(3);
  });

  it('asks about no more builds in one request than it may', async () => {
    const { build, seen, polls } = scene({ batch: 4 });
    const builds = await Promise.all(Array.from({ length: 10 }, (_, n) => build(n)));
    await Promise.all(builds.map((each) => seen(each)));
    expect(Math.max(...polls().map(({ input }) => (input as unknown[]).length))).toBe(4);
  });

  it('looks again until the watcher has seen enough', async () => {
    const { build, seen, polls } = scene();
    await seen(await build(1), 4);
    expect(polls()).toHaveLength(4);
  });

  it('shows a build that Lagoon does not list as missing', async () => {
    const { build, seen } = scene();
    const { environmentId } = await build(1);
    expect(await seen({ environmentId, name: 'lagoon-build-gone' })).toBeNull();
  });

  it('asks no more once nobody watches', async () => {
    const { build, poller, seen, polls } = scene();
    const [one, other] = [await build(1), await build(2)];
    const unwatch = poller.watch(one.environmentId, one.name, () => Promise.resolve(false));
    unwatch();
    await seen(other, 3);
    expect(polls().every(({ input }) => (input as unknown[]).length === 1)).toBe(true);
  });

  it('goes on after an outage, asking less and less while it lasts', async () => {
    const { lagoon, build, seen, errors, polls } = scene();
    const one = await build(1);
    lagoon.script.unavailable = true;
    const found = seen(one);
    await eventuallyTrue(() => errors.length === 3);
    lagoon.script.unavailable = false;
    expect((await found)?.name).toBe(one.name);
    expect(polls()).toHaveLength(4);
  });

  it('serves two watchers of one environment', async () => {
    const { build, seen } = scene();
    const one = await build(1);
    const rows = await Promise.all([seen(one), seen(one)]);
    expect(rows.map((row) => row?.name)).toEqual([one.name, one.name]);
  });

  it('asks nothing after it was stopped', async () => {
    const { poller, build, polls, seen } = scene();
    const one = await build(1);
    await seen(one);
    poller.onApplicationShutdown();
    poller.watch(one.environmentId, one.name, () => Promise.resolve(false));
    await new Promise(setImmediate);
    expect(polls()).toHaveLength(1);
  });

  it('gives a sign of life with every turn', async () => {
    const { build, seen, beats } = scene();
    await seen(await build(1), 3);
    expect(beats()).toBeGreaterThanOrEqual(3);
  });
});

async function eventuallyTrue(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
