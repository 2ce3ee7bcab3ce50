import type { Build, BuildEnd, WalkTimes } from './builds';
import { runsFrom } from './builds';
import type { Timeline } from './timeline';

type Start = (at: number) => void;

/** How many builds one core runs at the same time, over all its environments. */
export class BuildSlots {
  private readonly running = new Set<Build>();
  private readonly waiting = new Map<Build, Start>();

  constructor(private readonly limit: number) {}

  /** Starts the build, at once or when a slot is free. */
  ask(build: Build, at: number, start: Start): void {
    if (this.running.size >= this.limit) return void this.waiting.set(build, start);
    this.running.add(build);
    start(at);
  }

  /** The next slot goes to the highest priority, and among equals to the oldest. */
  leave(build: Build, at: number): void {
    this.waiting.delete(build);
    if (!this.running.delete(build)) return;
    const next = this.next();
    if (next === undefined) return;
    const [chosen, start] = next;
    this.waiting.delete(chosen);
    this.running.add(chosen);
    start(at);
  }

  private next(): [Build, Start] | undefined {
    let best: [Build, Start] | undefined;
    for (const entry of this.waiting) {
      if (best === undefined || isBefore(entry[0], best[0])) best = entry;
    }
    return best;
  }
}

function isBefore(one: Build, other: Build): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return one.id < other.id;
}

export interface BuildSite {
  readonly timeline: Timeline;
  readonly slots: BuildSlots;
  readonly walk: WalkTimes;
}

/**
 * The builds of one environment: one has its turn, the others wait. When the turn is over, only the newest
 * waiting build gets it and the older ones are cancelled.
 */
export class BuildQueue {
  /** Oldest first. */
  readonly builds: Build[] = [];
  private holder: Build | null = null;
  private waiting: Build[] = [];

  constructor(
    private readonly site: BuildSite,
    private readonly onEnd: (build: Build) => void,
  ) {}

  add(build: Build): void {
    this.builds.push(build);
    const { startSeconds } = build.traits;
    if (startSeconds === 'never') return;
    const arrivesAt = build.createdAt + startSeconds * 1000;
    this.site.timeline.schedule(arrivesAt, (at) => this.arrive(build, at));
  }

  /** False if it was over already, or cannot be stopped. */
  cancel(build: Build, now: number): boolean {
    if (build.end !== null || build.traits.ignoresCancel) return false;
    this.close(build, now, 'cancelled');
    return true;
  }

  /** Ends a build as somebody wants it to end, unless it is over. */
  end(build: Build, end: BuildEnd): void {
    if (build.end === null) this.close(build, end.at, end.status);
  }

  /** Ends every build that has its turn, one after the other, until none waits. */
  endAll(end: BuildEnd): void {
    while (this.holder !== null) this.end(this.holder, end);
  }

  /** Deletes the row; what the cluster does goes on. */
  forget(build: Build): void {
    const index = this.builds.indexOf(build);
    if (index >= 0) this.builds.splice(index, 1);
  }

  private arrive(build: Build, at: number): void {
    if (build.end !== null) return;
    build.arrivedAt = at;
    if (this.holder === null) this.takeTurn(build, at);
    else this.waiting.push(build);
  }

  private takeTurn(build: Build, at: number): void {
    this.holder = build;
    this.site.slots.ask(build, at, (startAt) => this.start(build, startAt));
  }

  private start(build: Build, at: number): void {
    build.slotAt = at;
    const endsAt = (runsFrom(build, this.site.walk) ?? at) + build.durationMs;
    if (endsAt === Infinity) return;
    this.site.timeline.schedule(endsAt, (end) => {
      if (build.end === null) this.close(build, end, build.result);
    });
  }

  private close(build: Build, at: number, status: string): void {
    build.end = { at, status };
    build.shown = {};
    this.onEnd(build);
    if (build === this.holder) return this.passOn(build, at);
    this.waiting = this.waiting.filter((other) => other !== build);
  }

  private passOn(build: Build, at: number): void {
    this.holder = null;
    this.site.slots.leave(build, at);
    const newest = this.waiting.pop();
    for (const older of this.waiting) older.end = { at, status: 'cancelled' };
    this.waiting = [];
    if (newest !== undefined) this.takeTurn(newest, at);
  }
}
