import type { Build, WalkTimes } from './build';
import { plannedEnd } from './build';

/**
 * The builds of one environment: one has the slot, the others wait. When the slot frees, only the newest
 * waiting build starts and the older ones are cancelled. Moves only when somebody looks.
 */
export class BuildQueue {
  /** Oldest first. */
  readonly builds: Build[] = [];
  private holder: Build | null = null;
  private waiting: Build[] = [];

  constructor(
    private readonly walk: WalkTimes,
    private readonly onEnd: (build: Build) => void,
  ) {}

  add(build: Build): void {
    this.settle(build.createdAt);
    this.builds.push(build);
    if (this.holder === null) this.give(build, build.createdAt);
    else this.waiting.push(build);
    this.settle(build.createdAt);
  }

  /** Carries out everything that has happened up to now. */
  settle(now: number): void {
    while (this.holder !== null) {
      const endsAt = plannedEnd(this.holder, this.walk);
      if (endsAt === null || endsAt > now) return;
      this.finish(this.holder, endsAt);
    }
  }

  /** False if it was over already. */
  cancel(build: Build, now: number): boolean {
    this.settle(now);
    if (build.end !== null) return false;
    if (build === this.holder) {
      build.end = { at: now, status: 'cancelled' };
      this.free(now);
      return true;
    }
    this.waiting = this.waiting.filter((other) => other !== build);
    build.end = { at: now, status: 'cancelled' };
    return true;
  }

  private give(build: Build, at: number): void {
    build.slotAt = at;
    this.holder = build;
  }

  private finish(build: Build, at: number): void {
    build.end = { at, status: build.result };
    this.onEnd(build);
    this.free(at);
  }

  private free(at: number): void {
    this.holder = null;
    const newest = this.waiting.pop();
    for (const older of this.waiting) older.end = { at, status: 'cancelled' };
    this.waiting = [];
    if (newest !== undefined) this.give(newest, at);
  }
}
