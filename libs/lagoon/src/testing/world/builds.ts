export type SourceType = 'API' | 'WEBHOOK';

/** What may be odd about a build; all times are simulated seconds since the call. */
export interface BuildTraits {
  /** When its row appears; `never`: the call was answered with a name, and there is no build. */
  readonly rowSeconds: number | 'never';
  /** Rows that one call makes; all but the first have a name that nobody was told. */
  readonly rows: number;
  /** When the cluster hears of it, counted from its row; `never`: it stays `new`. */
  readonly startSeconds: number | 'never';
  /** While it runs it is `queued` again for a while. */
  readonly regresses: boolean;
  /** Lagoon's word for a running build. */
  readonly runningStatus: string;
  /** Exactly how long it runs; null: the environment's `buildSeconds`, more or less. */
  readonly runSeconds: number | null;
  /** How it ends, such as `cancelled` without anybody asking; null: as the environment says. */
  readonly endStatus: string | null;
  /** When its row is deleted, counted from its row; null: never. */
  readonly vanishSeconds: number | null;
  /** A cancel is answered `success` and changes nothing. */
  readonly ignoresCancel: boolean;
  readonly buildLog: string | null;
  readonly sourceType: SourceType;
}

export const PLAIN_BUILD: BuildTraits = {
  rowSeconds: 0,
  rows: 1,
  startSeconds: 0,
  regresses: false,
  runningStatus: 'running',
  runSeconds: null,
  endStatus: null,
  vanishSeconds: null,
  ignoresCancel: false,
  buildLog: null,
  sourceType: 'API',
};

export interface BuildEnd {
  readonly at: number;
  /** `complete`, `failed`, `cancelled`, or what else Lagoon may come to say. */
  readonly status: string;
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
  /** The status it ends with if nothing happens before. */
  readonly result: string;
  readonly warnings: boolean;
  readonly sourceUser: string;
  readonly buildType: 'BUILD' | 'VARIABLES';
  readonly traits: BuildTraits;
  /** When the cluster heard of it; null until then. */
  arrivedAt: number | null;
  /** When it got a slot to run in; null while it waits. */
  slotAt: number | null;
  end: BuildEnd | null;
  /** What a test wants to be seen of it instead. */
  shown: Partial<Pick<BuildView, 'status' | 'buildStep'>>;
}

/** How long a build that has its slot stays in each state before it runs. */
export interface WalkTimes {
  readonly newMs: number;
  readonly queuedMs: number;
  readonly pendingMs: number;
}

export const WALK: WalkTimes = { newMs: 2000, queuedMs: 3000, pendingMs: 5000 };
export const INSTANT_WALK: WalkTimes = { newMs: 0, queuedMs: 0, pendingMs: 0 };

/** When a build that has its slot begins to run. */
export function runsFrom(build: Build, walk: WalkTimes): number | null {
  if (build.slotAt === null) return null;
  return build.slotAt + walk.newMs + walk.queuedMs + walk.pendingMs;
}

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
  return { ...plannedView(build, walk, now), ...build.shown };
}

function plannedView(build: Build, walk: WalkTimes, now: number): BuildView {
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
