import type { Clock, Randomness } from '@uplift/runtime';
import type { Build, WalkTimes } from './builds';
import { INSTANT_WALK, WALK } from './builds';
import type { Task } from './tasks';
import { Timeline } from './timeline';

export interface WorldOptions {
  /** Simulated seconds per second of the clock; 0 stands still, Infinity completes everything at once. */
  readonly clockSpeed: number;
  /** Simulated seconds a build runs, before jitter; Infinity: until somebody ends it. */
  readonly buildSeconds: number;
  /** Simulated seconds a task runs; Infinity: until somebody ends it. */
  readonly taskSeconds: number;
  /** Builds that run at the same time over all environments; Infinity: no limit. */
  readonly buildSlots: number;
  /** How long a build takes from its row until it runs; default: a few seconds. */
  readonly walk?: WalkTimes;
}

export interface TimeAndChance {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Is told of everything that is asked of Lagoon and takes effect, the moment it does. */
export interface WorldObserver {
  onBuild(build: Build): void;
  onTask(task: Task): void;
  /** Of a build or a task, by Lagoon's name of it. */
  onCancel(name: string): void;
  /** Project, environment (none: of the project itself) and name. */
  onVariableWrite(path: readonly (string | null | undefined)[]): void;
}

const NOBODY: WorldObserver = {
  onBuild: () => undefined,
  onTask: () => undefined,
  onCancel: () => undefined,
  onVariableWrite: () => undefined,
};

/** Milliseconds of simulated time: nothing ticks, it is computed when somebody looks. */
export class SimulatedClock {
  private readonly startedAt: number;
  private readonly startedTicks: number;
  private advancedMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly speed: number,
  ) {
    this.startedAt = clock.wall();
    this.startedTicks = clock.monotonic();
  }

  /** True if everything that takes time is over at once. */
  get instant(): boolean {
    return this.speed === Infinity;
  }

  now(): number {
    const elapsed = this.clock.monotonic() - this.startedTicks;
    const factor = this.instant ? 1 : this.speed;
    return this.startedAt + elapsed * factor + this.advancedMs;
  }

  advance(seconds: number): void {
    this.advancedMs += seconds * 1000;
  }
}

/** What everything in the simulated Lagoon lives in: time, chance and the next id. */
export class WorldContext {
  readonly clock: SimulatedClock;
  readonly timeline = new Timeline();
  readonly randomness: Randomness;
  readonly walk: WalkTimes;
  observer = NOBODY;
  private lastId = 0;

  constructor(
    readonly options: WorldOptions,
    { clock, randomness }: TimeAndChance,
  ) {
    this.clock = new SimulatedClock(clock, options.clockSpeed);
    this.randomness = randomness;
    this.walk = options.walk ?? (this.clock.instant ? INSTANT_WALK : WALK);
  }

  readonly nextId = (): number => {
    this.lastId += 1;
    return this.lastId;
  };

  /** Letters and digits in lower case. */
  word(length: number): string {
    const letter = () => Math.floor(this.randomness.fraction() * 36).toString(36);
    return Array.from({ length }, letter).join('');
  }

  /** Simulated seconds from now. */
  after(seconds: number, happen: (at: number) => void): void {
    this.timeline.schedule(this.clock.now() + seconds * 1000, happen);
  }
}
