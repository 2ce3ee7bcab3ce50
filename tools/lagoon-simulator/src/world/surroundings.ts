import type { SimulatorOptions } from '../simulator.options';
import type { WalkTimes } from './build';
import { INSTANT_WALK, WALK } from './build';
import { SeededRandom } from './seeded-random';
import { SimulatedClock } from './simulated-clock';
import { Timeline } from './timeline';

/** What everything in the simulated Lagoon lives in: time, chance and the next id. */
export class Surroundings {
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
