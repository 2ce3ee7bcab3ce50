import type { Build } from './builds';
import { PLAIN_BUILD, viewOf, WALK } from './builds';
import { BuildQueue, BuildSlots } from './build-queue';
import { Timeline } from './timeline';

const SECOND = 1000;
const RUNS_AFTER = WALK.newMs + WALK.queuedMs + WALK.pendingMs;
const ENDS_AFTER = RUNS_AFTER + 100 * SECOND;
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
    buildType: 'BUILD',
    traits: PLAIN_BUILD,
    arrivedAt: null,
    slotAt: null,
    end: null,
    shown: {},
    ...change,
  };
}

/** A core with one queue per environment. */
function core(limit = Infinity) {
  const timeline = new Timeline();
  const slots = new BuildSlots(limit);
  const ended: Build[] = [];
  const queue = () => {
    return new BuildQueue({ timeline, slots, walk: WALK }, (one) => ended.push(one));
  };
  return { timeline, ended, queue };
}

const odd = (traits: Partial<Build['traits']>) => ({ traits: { ...PLAIN_BUILD, ...traits } });
const statusOf = (one: Build, now: number) => viewOf(one, WALK, now).status;

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
    const { timeline, queue } = core();
    const only = build(0);
    queue().add(only);
    timeline.advanceTo(now);
    expect(viewOf(only, WALK, now)).toMatchObject({ status, buildStep });
  });

  it('ends failed in the middle, or complete with warnings', () => {
    const failing = build(0, { result: 'failed' });
    const warning = build(0, { warnings: true });
    for (const one of [failing, warning]) {
      const { timeline, queue } = core();
      queue().add(one);
      timeline.advanceTo(1000 * SECOND);
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
    const { timeline, queue, ended } = core();
    const only = build(0);
    queue().add(only);
    timeline.advanceTo(9999 * SECOND);
    expect(ended).toEqual([only]);
    expect(only.end).toEqual({ at: RUNS_AFTER + 100 * SECOND, status: 'complete' });
  });
});

describe('what may be odd about a build', () => {
  it('falls back to queued for a while when it regresses', () => {
    const { timeline, queue } = core();
    const only = build(0, odd({ regresses: true }));
    queue().add(only);
    const seen = [10, 30, 50].map((seconds) => {
      const now = RUNS_AFTER + seconds * SECOND;
      timeline.advanceTo(now);
      return statusOf(only, now);
    });
    expect(seen).toEqual(['running', 'queued', 'running']);
  });

  it('has a status word that nobody knows', () => {
    const { timeline, queue } = core();
    const only = build(0, odd({ runningStatus: 'building' }));
    queue().add(only);
    timeline.advanceTo(RUNS_AFTER);
    expect(statusOf(only, RUNS_AFTER)).toBe('building');
  });

  it('stays new when the cluster never hears of it, and holds nobody up', () => {
    const { timeline, queue } = core();
    const builds = queue();
    const [lost, next] = [build(0, odd({ startSeconds: 'never' })), build(SECOND)];
    builds.add(lost);
    builds.add(next);
    timeline.advanceTo(9999 * SECOND);
    expect([lost, next].map((one) => statusOf(one, 9999 * SECOND))).toEqual(['new', 'complete']);
    expect(builds.cancel(lost, 9999 * SECOND)).toBe(true);
    expect(statusOf(lost, 9999 * SECOND)).toBe('cancelled');
  });

  it('starts when the cluster hears of it late', () => {
    const { timeline, queue } = core();
    const only = build(0, odd({ startSeconds: 600 }));
    queue().add(only);
    timeline.advanceTo(599 * SECOND);
    expect(statusOf(only, 599 * SECOND)).toBe('new');
    timeline.advanceTo(9999 * SECOND);
    expect(only.end).toEqual({ at: 600 * SECOND + ENDS_AFTER, status: 'complete' });
  });

  it('runs to its end when it ignores a cancel', () => {
    const { timeline, queue } = core();
    const builds = queue();
    const only = build(0, odd({ ignoresCancel: true }));
    builds.add(only);
    timeline.advanceTo(RUNS_AFTER);
    expect(builds.cancel(only, RUNS_AFTER)).toBe(false);
    timeline.advanceTo(ENDS_AFTER);
    expect(only.end?.status).toBe('complete');
  });
});

describe('an environment runs one build at a time', () => {
  it('starts only the newest waiting build when the slot frees, and cancels the older ones', () => {
    const { timeline, queue } = core();
    const builds = queue();
    const [first, second, third] = [build(0), build(SECOND), build(2 * SECOND)];
    for (const one of [first, second, third]) builds.add(one);
    const statuses = (now: number) => {
      timeline.advanceTo(now);
      return [first, second, third].map((one) => statusOf(one, now));
    };
    expect(statuses(ENDS_AFTER - SECOND)).toEqual(['running', 'queued', 'queued']);
    expect(statuses(ENDS_AFTER)).toEqual(['complete', 'cancelled', 'queued']);
    expect(second.end).toEqual({ at: ENDS_AFTER, status: 'cancelled' });
    expect(statuses(2 * ENDS_AFTER)).toEqual(['complete', 'cancelled', 'complete']);
  });

  it('gives the slot on when the running build is cancelled', () => {
    const { timeline, queue } = core();
    const builds = queue();
    const [first, second] = [build(0), build(SECOND)];
    builds.add(first);
    builds.add(second);
    timeline.advanceTo(20 * SECOND);
    expect(builds.cancel(first, 20 * SECOND)).toBe(true);
    expect(second.slotAt).toBe(20 * SECOND);
    expect(viewOf(first, WALK, 20 * SECOND).buildStep).toBe('buildingImage-nginx');
    expect(builds.cancel(first, 21 * SECOND)).toBe(false);
  });

  it('forgets a waiting build that is cancelled', () => {
    const { timeline, queue } = core();
    const builds = queue();
    const [first, second] = [build(0), build(SECOND)];
    builds.add(first);
    builds.add(second);
    timeline.advanceTo(2 * SECOND);
    expect(builds.cancel(second, 2 * SECOND)).toBe(true);
    timeline.advanceTo(9999 * SECOND);
    expect([first.end?.status, second.end?.status]).toEqual(['complete', 'cancelled']);
  });
});

describe('a core runs only so many builds at a time', () => {
  it('gives a free slot to the highest priority, then to the oldest', () => {
    const { timeline, queue, ended } = core(1);
    const first = build(0);
    const [old, young] = [build(SECOND), build(2 * SECOND)];
    const urgent = build(3 * SECOND, { priority: 9 });
    for (const one of [first, old, young, urgent]) queue().add(one);
    timeline.advanceTo(ENDS_AFTER);
    expect(statusOf(urgent, ENDS_AFTER + WALK.newMs + WALK.queuedMs)).toBe('pending');
    expect([old, young].map((one) => statusOf(one, ENDS_AFTER))).toEqual(['queued', 'queued']);
    timeline.advanceTo(9999 * SECOND);
    expect(ended).toEqual([first, urgent, old, young]);
  });

  it('gives on the place of a build that was cancelled while it waited', () => {
    const { timeline, queue } = core(1);
    const [first, second, third] = [build(0), build(SECOND), build(2 * SECOND)];
    const waiting = queue();
    queue().add(first);
    waiting.add(second);
    queue().add(third);
    timeline.advanceTo(3 * SECOND);
    expect(waiting.cancel(second, 3 * SECOND)).toBe(true);
    timeline.advanceTo(ENDS_AFTER);
    expect([second.slotAt, third.slotAt]).toEqual([null, ENDS_AFTER]);
  });
});
