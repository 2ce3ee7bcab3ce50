import type { FleetBuild } from '../../testing/polled-fleet';
import { PolledFleet } from '../../testing/polled-fleet';
import { MINUTE } from '../../testing/poller-fixture';

const BUILD_MINUTES = 8;
const REQUESTS_PER_BUILD = 0.25;
const ENDED_ONCE = ['UpgradeCompleted', 'PostUpgradePending'];

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

function workerOf(fleet: PolledFleet) {
  const worker = fleet.worker();
  ends.push(worker.die);
  return worker;
}

/** Builds take their time, a quarter more or less. */
async function passed(fleet: PolledFleet, builds: readonly FleetBuild[], minutes: number) {
  const until = fleet.clock.monotonic() + minutes * MINUTE;
  while (fleet.clock.monotonic() < until) {
    await fleet.clock.advance(MINUTE / 4);
    const ending = builds.filter((build, n) => isEnding(build, n, fleet.clock.wall()));
    for (const { target } of ending) fleet.lagoon.script.endBuilds(target);
  }
}

function isEnding({ accepted }: FleetBuild, n: number, now: number): boolean {
  const share = 0.75 + (n % 101) / 200;
  const endsAt = Date.parse(accepted.recordedAt) + share * BUILD_MINUTES * MINUTE;
  return Math.abs(endsAt - now) <= MINUTE / 4;
}

describe('a thousand builds and more under way', () => {
  it('are each completed once although their worker dies amid them, with few requests', async () => {
    const fleet = new PolledFleet();
    const builds: FleetBuild[] = [];
    for (let n = 0; n < 2_000; n += 1) builds.push(await fleet.accepted());
    fleet.lagoon.calls.length = 0;
    const first = workerOf(fleet);
    const interrupted = builds.map((build) => first.follow(build));
    await passed(fleet, builds, 4);
    first.die();
    const retry = { kind: 'retry', delayMs: 0 };
    expect(await Promise.all(interrupted)).toEqual(builds.map(() => retry));

    const second = workerOf(fleet);
    const finished = builds.map((build) => second.follow(build, 2));
    await passed(fleet, builds, 10);
    const done = { kind: 'done' };
    expect(await Promise.all(finished)).toEqual(builds.map(() => done));
    for (const build of builds) {
      expect((await fleet.types(build)).filter((type) => ENDED_ONCE.includes(type))).toEqual(
        ENDED_ONCE,
      );
    }
    expect(fleet.polls / builds.length).toBeLessThanOrEqual(REQUESTS_PER_BUILD);
  });

  it('cost no more if they begin one after the other', async () => {
    const fleet = new PolledFleet();
    const worker = workerOf(fleet);
    const builds: FleetBuild[] = [];
    for (let quarter = 0; quarter < 40; quarter += 1) {
      for (let n = 0; n < 31; n += 1) {
        const build = await fleet.accepted();
        builds.push(build);
        void worker.follow(build);
      }
      await passed(fleet, builds, 0.25);
    }
    await passed(fleet, builds, 12);
    expect(await fleet.types(builds.at(-1)!)).toEqual(expect.arrayContaining(ENDED_ONCE));
    expect(fleet.polls / builds.length).toBeLessThanOrEqual(REQUESTS_PER_BUILD);
  });

  it('cost a third of that in waves of two hundred', async () => {
    const fleet = new PolledFleet();
    const worker = workerOf(fleet);
    const builds: FleetBuild[] = [];
    for (let n = 0; n < 1_000; n += 1) builds.push(await fleet.accepted(`w${n % 5}`));
    fleet.lagoon.calls.length = 0;
    const finished = Promise.all(builds.map((build) => worker.follow(build)));
    await passed(fleet, builds, 12);
    await finished;
    expect(fleet.polls / builds.length).toBeLessThanOrEqual(REQUESTS_PER_BUILD / 3);
  });
});
