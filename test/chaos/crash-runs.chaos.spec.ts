import { SIZES } from '../support/sizes';
import type { CrashRun } from './crash-runs/crash-harness';
import { CrashHarness, crashRun } from './crash-runs/crash-harness';
import type { CrashPoint, ProcessFault } from './crash-runs/crash-points';
import { CALL_POINTS, DEPLOY_POINTS, FURTHER_POINTS, OTHER_PAIRS } from './crash-runs/crash-points';
import { OPERATOR_RUNS, operatorRun } from './crash-runs/operator-runs';

const LONG_RUNS = 200;
const FAULTS: readonly ProcessFault[] = ['kill', 'stop'];

interface CrashTest {
  readonly what: string;
  /** One for each fault. */
  readonly points: readonly CrashPoint[];
}

const atOne = (point: CrashPoint): CrashTest => ({
  what: `killed, and frozen, at ${nameOf(point)}`,
  points: FAULTS.map(() => point),
});

/** Where the faults take turns, each boundary is still met by one of them. */
const atTwo = ([one, other]: readonly [CrashPoint, CrashPoint]): CrashTest => ({
  what: `killed at ${nameOf(one)}, and frozen at ${nameOf(other)}`,
  points: [one, other],
});

const LONG_ROUND = [...DEPLOY_POINTS, ...FURTHER_POINTS].map(atOne);
const SHORT_ROUND = [...CALL_POINTS.map(atOne), ...OTHER_PAIRS.map(atTwo)];
const LONG_TESTS = LONG_RUNS / FAULTS.length;
const TABLE = SIZES.everyStep
  ? Array.from({ length: LONG_TESTS }, (_, n) => LONG_ROUND[n % LONG_ROUND.length]!)
  : SHORT_ROUND;

const INSTALLATIONS = [
  ['a worker', 'separate'],
  ['the process of all stages', 'all'],
] as const;

describe.each(INSTALLATIONS)(
  '%s killed or stopped at a boundary of the effect protocol',
  (_, of) => {
    let harnesses: readonly (readonly [ProcessFault, CrashHarness])[] = [];
    const runs: CrashRun[] = [];

    beforeAll(async () => {
      harnesses = await Promise.all(
        FAULTS.map(async (fault) => [fault, await CrashHarness.start(of)] as const),
      );
    });

    afterAll(async () => {
      await Promise.all(harnesses.map(([, harness]) => harness.stop()));
      process.stdout.write(`${summaryOf(runs)}\n`);
    });

    it.each(TABLE.map((test, n) => ({ n: n + 1, ...test })))(
      '$n: $what, it builds nothing twice and loses nothing',
      async ({ points }) => {
        const both = await Promise.all(
          harnesses.map(([fault, harness], n) => crashRun(harness, points[n]!, fault)),
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
  },
);

function nameOf({ failpoint, stage, lagoonFaults }: CrashPoint): string {
  return `${failpoint} of ${stage}${lagoonFaults.length > 0 ? ', answers lost' : ''}`;
}

function summaryOf(runs: readonly CrashRun[]): string {
  const upgrades = runs.reduce((sum, run) => sum + run.upgrades, 0);
  const builds = runs.reduce((sum, run) => sum + run.builds, 0);
  return `${runs.length} runs, a fault in each; ${upgrades} upgrades, ${builds} builds, ${builds - upgrades} duplicates`;
}
