import type { Build, BuildEnd, WalkTimes } from './build';
import { runsFrom } from './build';

export interface BuildView {
  readonly status: string;
  readonly buildStep: string | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

const STEPS: readonly (readonly [share: number, step: string])[] = [
  [0.05, 'collectEnvironment'],
  [0.55, 'buildingImage-nginx'],
  [0.7, 'pushingImages'],
  [0.8, 'runningPreRolloutTasks'],
  [0.92, 'applyingDeployments'],
  [1, 'runningPostRolloutTasks'],
];
const FAILS_AT = 'buildingImage-nginx';
const REGRESS_FROM = 0.2;
const REGRESS_UNTIL = 0.4;

/** What Lagoon would say about the build at a moment. */
export function viewOf(build: Build, walk: WalkTimes, now: number): BuildView {
  const startedAt = runsFrom(build, walk);
  if (build.end !== null) return endedView(build, build.end, startedAt);
  if (build.arrivedAt === null || now < build.arrivedAt + walk.newMs) {
    return unstarted('new', null);
  }
  if (startedAt === null || now < startedAt - walk.pendingMs) {
    return unstarted('queued', 'waiting for update');
  }
  if (now < startedAt) return unstarted('pending', null);
  return runningView(build, startedAt, now);
}

function endedView(build: Build, end: BuildEnd, startedAt: number | null): BuildView {
  const ran = startedAt !== null && startedAt <= end.at;
  return {
    status: end.status,
    buildStep: ran ? lastStep(build, end, startedAt) : null,
    startedAt: ran ? startedAt : null,
    completedAt: end.at,
  };
}

function lastStep(build: Build, end: BuildEnd, startedAt: number): string {
  if (end.status === 'failed') return FAILS_AT;
  if (end.status !== 'complete') return stepAt(shareAt(build, startedAt, end.at));
  return build.warnings ? 'deployCompletedWithWarnings' : 'deployCompleted';
}

function runningView(build: Build, startedAt: number, now: number): BuildView {
  const share = shareAt(build, startedAt, now);
  const { regresses, runningStatus } = build.traits;
  if (regresses && share >= REGRESS_FROM && share < REGRESS_UNTIL) {
    return { status: 'queued', buildStep: 'queued 1/1', startedAt, completedAt: null };
  }
  return { status: runningStatus, buildStep: stepAt(share), startedAt, completedAt: null };
}

function shareAt(build: Build, startedAt: number, at: number): number {
  return build.durationMs === 0 ? 1 : (at - startedAt) / build.durationMs;
}

function stepAt(share: number): string {
  return STEPS.find(([until]) => share < until)?.[1] ?? 'runningPostRolloutTasks';
}

function unstarted(status: string, buildStep: string | null): BuildView {
  return { status, buildStep, startedAt: null, completedAt: null };
}
