import type { Blow, CrashPoint } from './crash/crash-point';
import { DEPLOY_POINTS, FURTHER_POINTS } from './crash/crash-point';
import type { CrashRun } from './crash/crash-run';
import { crashRun } from './crash/crash-run';
import { CrashStand } from './crash/crash-stand';

const BLOWS: readonly Blow[] = ['kill', 'stop'];

/** `UPLIFT_CRASH_RUNS` asks for more than one blow of each kind at each boundary. */
const RUNS = Number(process.env.UPLIFT_CRASH_RUNS ?? DEPLOY_POINTS.length * BLOWS.length);
const TESTS = Math.ceil(RUNS / BLOWS.length);

const ROUND: readonly CrashPoint[] =
  TESTS > DEPLOY_POINTS.length ? [...DEPLOY_POINTS, ...FURTHER_POINTS] : DEPLOY_POINTS;
const TABLE = Array.from({ length: Math.ceil(TESTS / ROUND.length) }, () => ROUND)
  .flat()
  .slice(0, TESTS)
  .map((point, n) => ({
    n: n + 1,
    ...point,
    lost: point.faults.length > 0 ? ', answers lost' : '',
  }));

jest.setTimeout(180_000);

describe('a worker struck at a boundary of the effect protocol', () => {
  let stands: readonly (readonly [Blow, CrashStand])[] = [];
  const runs: CrashRun[] = [];

  beforeAll(async () => {
    stands = await Promise.all(
      BLOWS.map(async (blow) => [blow, await CrashStand.start()] as const),
    );
  });

  afterAll(async () => {
    await Promise.all(stands.map(([, stand]) => stand.stop()));
    process.stdout.write(`${summaryOf(runs)}\n`);
  });

  it.each(TABLE)(
    '$n: killed, and frozen, at $failpoint of $stage$lost, it builds nothing twice and loses nothing',
    async (point) => {
      const both = await Promise.all(stands.map(([blow, stand]) => crashRun(stand, point, blow)));
      runs.push(...both);
      expect(both.flatMap(({ faults }) => faults)).toEqual([]);
      expect(both.map(({ upgrades }) => upgrades > 0)).toEqual([true, true]);
    },
  );
});

function summaryOf(runs: readonly CrashRun[]): string {
  const upgrades = runs.reduce((sum, run) => sum + run.upgrades, 0);
  const builds = runs.reduce((sum, run) => sum + run.builds, 0);
  return `${runs.length} runs, a blow in each; ${upgrades} upgrades, ${builds} builds, ${builds - upgrades} duplicates`;
}
