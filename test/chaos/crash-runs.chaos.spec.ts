import { SIZES } from '../support/sizes';
import type { CrashRun } from './crash-runs/crash-harness';
import { CrashHarness, crashRun } from './crash-runs/crash-harness';
import type { CrashPoint, ProcessFault } from './crash-runs/crash-points';
import { DEPLOY_POINTS, FURTHER_POINTS } from './crash-runs/crash-points';
import { OPERATOR_RUNS, operatorRun } from './crash-runs/operator-runs';

const FAULTS: readonly ProcessFault[] = ['kill', 'stop'];

/** No fewer than there are boundaries of a deploy call, whatever the number of runs. */
const TESTS = Math.max(DEPLOY_POINTS.length, Math.ceil(SIZES.crashRuns / FAULTS.length));

const ROUND: readonly CrashPoint[] =
  TESTS > DEPLOY_POINTS.length ? [...DEPLOY_POINTS, ...FURTHER_POINTS] : DEPLOY_POINTS;
const TABLE = Array.from({ length: Math.ceil(TESTS / ROUND.length) }, () => ROUND)
  .flat()
  .slice(0, TESTS)
  .map((point, n) => ({
    n: n + 1,
    ...point,
    lost: point.lagoonFaults.length > 0 ? ', answers lost' : '',
  }));

jest.setTimeout(180_000);

describe('a worker killed or stopped at a boundary of the effect protocol', () => {
  let harnesses: readonly (readonly [ProcessFault, CrashHarness])[] = [];
  const runs: CrashRun[] = [];

  beforeAll(async () => {
    harnesses = await Promise.all(
      FAULTS.map(async (fault) => [fault, await CrashHarness.start()] as const),
    );
  });

  afterAll(async () => {
    await Promise.all(harnesses.map(([, harness]) => harness.stop()));
    process.stdout.write(`${summaryOf(runs)}\n`);
  });

  it.each(TABLE)(
    '$n: killed, and frozen, at $failpoint of $stage$lost, it builds nothing twice and loses nothing',
    async (point) => {
      const both = await Promise.all(
        harnesses.map(([fault, harness]) => crashRun(harness, point, fault)),
      );
      runs.push(...both);
      expect(both.flatMap(({ faults }) => faults)).toEqual([]);
      expect(both.map(({ upgrades }) => upgrades > 0)).toEqual([true, true]);
    },
  );

  it.each(OPERATOR_RUNS)(
    'killed at each step of a $command, and frozen, it builds nothing twice, and leaves nothing running or unsaid',
    async (run) => {
      const both = await Promise.all(
        harnesses.map(([fault, harness]) => operatorRun(harness, run, fault)),
      );
      expect(both.flat()).toEqual([]);
    },
  );
});

function summaryOf(runs: readonly CrashRun[]): string {
  const upgrades = runs.reduce((sum, run) => sum + run.upgrades, 0);
  const builds = runs.reduce((sum, run) => sum + run.builds, 0);
  return `${runs.length} runs, a fault in each; ${upgrades} upgrades, ${builds} builds, ${builds - upgrades} duplicates`;
}
