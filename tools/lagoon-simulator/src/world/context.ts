import type { SimulatorOptions } from '../simulator.options';
import type { WalkTimes } from './builds';
import { INSTANT_WALK, WALK } from './builds';
import { Timeline } from './timeline';

const INSTANT = Infinity;

/** Milliseconds of simulated time: nothing ticks, it is computed when somebody looks. */
export class SimulatedClock {
  private readonly startedAt = Date.now();
  private readonly startedTicks = performance.now();
  private advancedMs = 0;

  constructor(readonly speed: number) {}

  /** True if everything that takes time is over at once. */
  get instant(): boolean {
    return this.speed === INSTANT;
  }

  now(): number {
    const elapsed = performance.now() - this.startedTicks;
    const factor = this.instant ? 1 : this.speed;
    return this.startedAt + elapsed * factor + this.advancedMs;
  }

  advance(seconds: number): void {
    this.advancedMs += seconds * 1000;
  }
}

/** Lagoon's own way to write a time: UTC, no zone, whole seconds. */
export function lagoonTime(ms: number | null): string | null {
  if (ms === null) return null;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** Mulberry32: small, fast, and the same sequence for the same seed. */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Letters and digits in lower case. */
  word(length: number): string {
    return Array.from({ length }, () => Math.floor(this.next() * 36).toString(36)).join('');
  }
}

/** What everything in the simulated Lagoon lives in: time, chance and the next id. */
export class WorldContext {
  readonly clock: SimulatedClock;
  readonly timeline = new Timeline();
  readonly random: SeededRandom;
  readonly walk: WalkTimes;
  private lastId = 0;

  constructor(readonly options: SimulatorOptions) {
    this.clock = new SimulatedClock(options.clockSpeed);
    this.random = new SeededRandom(options.seed);
    this.walk = this.clock.instant ? INSTANT_WALK : WALK;
  }

  readonly nextId = (): number => {
    this.lastId += 1;
    return this.lastId;
  };

  /** Simulated seconds from now. */
  after(seconds: number, happen: (at: number) => void): void {
    this.timeline.schedule(this.clock.now() + seconds * 1000, happen);
  }
}
