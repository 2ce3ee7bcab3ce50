import type { Build } from './build';
import { viewOf, WALK } from './build';
import { BuildQueue } from './build-queue';

const SECOND = 1000;
const RUNS_AFTER = WALK.newMs + WALK.queuedMs + WALK.pendingMs;
let lastId = 0;

function build(createdAt: number, change: Partial<Build> = {}): Build {
  lastId += 1;
  return {
    id: lastId,
    name: `lagoon-build-${lastId}`,
    environmentId: 1,
    createdAt,
    bulkId: null,
    bulkName: null,
    priority: 5,
    durationMs: 100 * SECOND,
    result: 'complete',
    warnings: false,
    sourceUser: 'somebody',
    buildType: 'build',
    slotAt: null,
    end: null,
    ...change,
  };
}

describe('a build walks to its end as the clock goes on', () => {
  it.each([
    [0, 'new', null],
    [WALK.newMs, 'queued', 'waiting for update'],
    [WALK.newMs + WALK.queuedMs, 'pending', null],
    [RUNS_AFTER, 'running', 'collectEnvironment'],
    [RUNS_AFTER + 30 * SECOND, 'running', 'buildingImage-nginx'],
    [RUNS_AFTER + 60 * SECOND, 'running', 'pushingImages'],
    [RUNS_AFTER + 75 * SECOND, 'running', 'runningPreRolloutTasks'],
    [RUNS_AFTER + 90 * SECOND, 'running', 'applyingDeployments'],
    [RUNS_AFTER + 99 * SECOND, 'running', 'runningPostRolloutTasks'],
    [RUNS_AFTER + 100 * SECOND, 'complete', 'deployCompleted'],
    [RUNS_AFTER + 9999 * SECOND, 'complete', 'deployCompleted'],
  ])('after %d ms it is %s', (now, status, buildStep) => {
    const queue = new BuildQueue(WALK, () => undefined);
    const only = build(0);
    queue.add(only);
    queue.settle(now);
    expect(viewOf(only, WALK, now)).toMatchObject({ status, buildStep });
  });

  it('ends failed in the middle, or complete with warnings', () => {
    const failing = build(0, { result: 'failed' });
    const warning = build(0, { warnings: true });
    for (const one of [failing, warning]) {
      const queue = new BuildQueue(WALK, () => undefined);
      queue.add(one);
      queue.settle(1000 * SECOND);
    }
    const late = 1000 * SECOND;
    expect(viewOf(failing, WALK, late)).toMatchObject({
      status: 'failed',
      buildStep: 'buildingImage-nginx',
    });
    expect(viewOf(warning, WALK, late)).toMatchObject({
      status: 'complete',
      buildStep: 'deployCompletedWithWarnings',
    });
  });

  it('ends at its own time however late somebody looks', () => {
    const ended: Build[] = [];
    const queue = new BuildQueue(WALK, (one) => ended.push(one));
    const only = build(0);
    queue.add(only);
    queue.settle(9999 * SECOND);
    expect(ended).toEqual([only]);
    expect(only.end).toEqual({ at: RUNS_AFTER + 100 * SECOND, status: 'complete' });
  });
});

describe('an environment runs one build at a time', () => {
  it('starts only the newest waiting build when the slot frees, and cancels the older ones', () => {
    const queue = new BuildQueue(WALK, () => undefined);
    const [first, second, third] = [build(0), build(SECOND), build(2 * SECOND)];
    for (const one of [first, second, third]) queue.add(one);
    const during = RUNS_AFTER + 50 * SECOND;
    queue.settle(during);
    const statuses = (now: number) =>
      [first, second, third].map((one) => viewOf(one, WALK, now).status);
    expect(statuses(during)).toEqual(['running', 'queued', 'queued']);
    const freed = RUNS_AFTER + 100 * SECOND;
    queue.settle(freed);
    expect(statuses(freed)).toEqual(['complete', 'cancelled', 'new']);
    expect(second.end).toEqual({ at: freed, status: 'cancelled' });
    queue.settle(2 * freed);
    expect(statuses(2 * freed)).toEqual(['complete', 'cancelled', 'complete']);
  });

  it('gives the slot on when the running build is cancelled', () => {
    const queue = new BuildQueue(WALK, () => undefined);
    const [first, second] = [build(0), build(SECOND)];
    queue.add(first);
    queue.add(second);
    expect(queue.cancel(first, 20 * SECOND)).toBe(true);
    expect(second.slotAt).toBe(20 * SECOND);
    expect(queue.cancel(first, 21 * SECOND)).toBe(false);
  });

  it('forgets a waiting build that is cancelled', () => {
    const queue = new BuildQueue(WALK, () => undefined);
    const [first, second] = [build(0), build(SECOND)];
    queue.add(first);
    queue.add(second);
    expect(queue.cancel(second, 2 * SECOND)).toBe(true);
    queue.settle(9999 * SECOND);
    expect([first.end?.status, second.end?.status]).toEqual(['complete', 'cancelled']);
  });
});
