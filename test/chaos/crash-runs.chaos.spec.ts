import type { Blow, CrashPoint } from './crash/crash-point';
import { DEPLOY_POINTS, FURTHER_POINTS } from './crash/crash-point';
import type { CrashRun } from './crash/crash-run';
import { crashRun } from './crash/crash-run';
import { CrashStand } from './crash/crash-stand';

const BLOWS: readonly Blow[] = ['kill', 'stop'];

/** `UPLIFT_CRASH_RUNS` asks for more than one blow of each kind at each boundary. */
const RUNS = Number(process.env.UPLIFT_CRASH_RUNS ?? DEPLOY_POINTS.length * BLOWS.length);

const everyBlow = (points: readonly CrashPoint[]) =>
  points.flatMap((point) => BLOWS.map((blow) => ({ ...point, blow })));

const EACH = everyBlow(DEPLOY_POINTS);
const ALL = [...EACH, ...everyBlow(FURTHER_POINTS)];
const ROUND = RUNS > EACH.length ? ALL : EACH;
const TABLE = Array.from({ length: Math.ceil(RUNS / ROUND.length) }, () => ROUND)
  .flat()
  .slice(0, RUNS)
  .map((row, n) => ({ n: n + 1, ...row }));

jest.setTimeout(120_000);

describe('a worker struck at a boundary of the effect protocol, beside another one', () => {
  let stand: CrashStand;
  const runs: CrashRun[] = [];

  beforeAll(async () => {
    stand = await CrashStand.start();
  });

  afterAll(async () => {
    await stand.stop();
    const sum = (count: (run: CrashRun) => number) =>
      runs.reduce((total, run) => total + count(run), 0);
    const upgrades = sum((run) => run.upgrades);
    const builds = sum((run) => run.builds);
    const summary = `${runs.length} runs, each with its blow; ${upgrades} upgrades, ${builds} builds, ${builds - upgrades} duplicates`;
    process.stdout.write(`${summary}\n`);
  });

  it.each(TABLE)(
    'run $n: $blow at $failpoint of $stage builds nothing twice and loses nothing',
    async ({ blow, ...point }) => {
      const run = await crashRun(stand, point, blow);
      runs.push(run);
      expect(run.faults).toEqual([]);
      expect(run.upgrades).toBeGreaterThan(0);
    },
  );
});
