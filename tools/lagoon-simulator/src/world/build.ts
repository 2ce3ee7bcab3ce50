export type BuildResult = 'complete' | 'failed';

/** Why a build ended before its time. */
export interface BuildEnd {
  readonly at: number;
  readonly status: 'cancelled' | 'failed' | 'complete';
}

/** One build row and the plan it walks along; all times are simulated milliseconds. */
export interface Build {
  readonly id: number;
  readonly name: string;
  readonly environmentId: number;
  readonly createdAt: number;
  readonly bulkId: string | null;
  readonly bulkName: string | null;
  readonly priority: number;
  readonly durationMs: number;
  readonly result: BuildResult;
  readonly warnings: boolean;
  readonly sourceUser: string;
  readonly buildType: string;
  /** When the environment's only build slot was given to it; null while it waits. */
  slotAt: number | null;
  end: BuildEnd | null;
}

export interface BuildView {
  readonly status: string;
  readonly buildStep: string | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

/** How long a build that has its slot stays in each state before it runs. */
export interface WalkTimes {
  readonly newMs: number;
  readonly queuedMs: number;
  readonly pendingMs: number;
}

export const WALK: WalkTimes = { newMs: 2000, queuedMs: 3000, pendingMs: 5000 };
export const INSTANT_WALK: WalkTimes = { newMs: 0, queuedMs: 0, pendingMs: 0 };

const STEPS: readonly (readonly [share: number, step: string])[] = [
  [0.05, 'collectEnvironment'],
  [0.55, 'buildingImage-nginx'],
  [0.7, 'pushingImages'],
  [0.8, 'runningPreRolloutTasks'],
  [0.92, 'applyingDeployments'],
  [1, 'runningPostRolloutTasks'],
];
const FAILS_AT = 'buildingImage-nginx';

export function runsFrom(build: Build, walk: WalkTimes): number | null {
  if (build.slotAt === null) return null;
  return build.slotAt + walk.newMs + walk.queuedMs + walk.pendingMs;
}

export function plannedEnd(build: Build, walk: WalkTimes): number | null {
  const from = runsFrom(build, walk);
  return from === null ? null : from + build.durationMs;
}

/** What Lagoon would say about the build at a moment. */
export function viewOf(build: Build, walk: WalkTimes, now: number): BuildView {
  const startedAt = runsFrom(build, walk);
  if (build.end !== null) return endedView(build, build.end, startedAt);
  if (build.slotAt === null || startedAt === null) return waitingView(build, walk, now);
  if (now >= startedAt) return runningView(build, startedAt, now);
  if (now >= startedAt - walk.pendingMs) return unstarted('pending', null);
  return waitingView({ createdAt: build.slotAt }, walk, now);
}

function endedView(build: Build, end: BuildEnd, startedAt: number | null): BuildView {
  const ran = startedAt !== null && startedAt <= end.at;
  return {
    status: end.status,
    buildStep: ran ? lastStep(build, end) : null,
    startedAt: ran ? startedAt : null,
    completedAt: end.at,
  };
}

function lastStep(build: Build, end: BuildEnd): string {
  if (end.status !== 'complete') return FAILS_AT;
  return build.warnings ? 'deployCompletedWithWarnings' : 'deployCompleted';
}

function runningView(build: Build, startedAt: number, now: number): BuildView {
  const share = build.durationMs === 0 ? 1 : (now - startedAt) / build.durationMs;
  const step = STEPS.find(([until]) => share < until)?.[1] ?? 'runningPostRolloutTasks';
  return { status: 'running', buildStep: step, startedAt, completedAt: null };
}

function waitingView(build: Pick<Build, 'createdAt'>, walk: WalkTimes, now: number): BuildView {
  if (now < build.createdAt + walk.newMs) return unstarted('new', null);
  return unstarted('queued', 'waiting for update');
}

function unstarted(status: string, buildStep: string | null): BuildView {
  return { status, buildStep, startedAt: null, completedAt: null };
}
