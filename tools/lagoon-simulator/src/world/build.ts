import type { BuildTraits } from './build-traits';

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
