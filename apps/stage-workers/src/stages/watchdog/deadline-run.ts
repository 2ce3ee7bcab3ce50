/** One deadline as it runs. Times in ms; those of events are since 1970. */
export interface DeadlineRun {
  /** Event time from which `limitMs` counts. */
  readonly since: number;
  /** Monotonic time when this process saw that event. */
  readonly seenAt: number;
  /** Infinity while suspended. */
  readonly limitMs: number;
  /** When it began, and its limit before anything was waited for. */
  readonly begunAt: number;
  readonly wholeMs: number;
  /** What was left when the wait began; null while the deadline runs. */
  readonly leftMs: number | null;
}

/** As a checkpoint carries it: JSON knows no Infinity, and times of this process mean nothing to another. */
export interface KeptRun {
  readonly since: number;
  readonly limit: number | 'none';
  readonly begunAt: number;
  readonly whole: number | 'none';
  readonly left: number | 'none' | null;
}

const kept = (ms: number) => (Number.isFinite(ms) ? ms : 'none');
const known = (ms: number | 'none') => (ms === 'none' ? Number.POSITIVE_INFINITY : ms);

export function keptRun({ since, limitMs, begunAt, wholeMs, leftMs }: DeadlineRun): KeptRun {
  const left = leftMs === null ? null : kept(leftMs);
  return { since, limit: kept(limitMs), begunAt, whole: kept(wholeMs), left };
}

/** Its time counts from now on for whoever has only the own clock: as if its event were seen now. */
export function knownRun(
  { since, limit, begunAt, whole, left }: KeptRun,
  seenAt: number,
): DeadlineRun {
  const leftMs = left === null ? null : known(left);
  return { since, seenAt, limitMs: known(limit), begunAt, wholeMs: known(whole), leftMs };
}

export interface Moment {
  /** Time of the event. */
  readonly at: number;
  /** Monotonic time when this process saw it. */
  readonly seenAt: number;
}

/** Least share of its limit that the owner of a step gets after a wait: somebody must have time to act. */
const LEAST_SHARE = 1 / 4;

export function startRun(limitMs: number, { at, seenAt }: Moment): DeadlineRun {
  return { since: at, seenAt, limitMs, begunAt: at, wholeMs: limitMs, leftMs: null };
}

/** @param waitSince when the wait began, as a worker's clock has it: believed only within the time of this run */
export function suspendRun(
  run: DeadlineRun,
  waitSince: number,
  { at, seenAt }: Moment,
): DeadlineRun {
  if (run.leftMs !== null) return run;
  const stoodStillAt = Math.min(Math.max(waitSince, run.since), at);
  const leftMs = Math.max(0, run.limitMs - (stoodStillAt - run.since));
  return { ...run, since: at, seenAt, limitMs: Number.POSITIVE_INFINITY, leftMs };
}

/** Goes on with what was left, and at least with a share of the whole. */
export function resumeRun(
  run: DeadlineRun,
  { at, seenAt }: Moment,
  leastShare = LEAST_SHARE,
): DeadlineRun {
  const leftMs = run.leftMs ?? run.limitMs - (at - run.since);
  const limitMs = Math.ceil(Math.max(leftMs, run.wholeMs * leastShare));
  return { ...run, since: at, seenAt, limitMs, leftMs: null };
}

/** The two measures of what has passed: the store's time, null if it is not known, and one that never jumps. */
export interface Now {
  readonly store: number | null;
  readonly monotonic: number;
}

/** What is added where only the own clock measures, which may be fast. */
const DRIFT = 1 / 4;

/** Without the store's time, and for what the store says is still to come, time counts from when it was seen. */
export function isOver(
  { since, seenAt, limitMs }: DeadlineRun,
  { store, monotonic }: Now,
): boolean {
  return store === null || store < since
    ? monotonic - seenAt >= limitMs * (1 + DRIFT)
    : store - since >= limitMs;
}
