import type { SimulatorOptions } from '../simulator.options';
import { BuildYard } from './build-yard';
import { Places } from './places';
import { Surroundings } from './surroundings';
import { TaskYard } from './task-yard';

/** Everything the simulated Lagoon knows. */
export class LagoonWorld {
  /** True: the caller's realm role passes `project: viewAll`. */
  hasPlatformRole = false;
  readonly surroundings: Surroundings;
  readonly places: Places;
  readonly builds: BuildYard;
  readonly tasks: TaskYard;

  constructor(options: SimulatorOptions) {
    this.surroundings = new Surroundings(options);
    this.places = new Places(this.surroundings);
    this.builds = new BuildYard(this.surroundings);
    this.tasks = new TaskYard(this.surroundings);
  }

  now(): number {
    return this.surroundings.clock.now();
  }

  /** Carries out everything that has happened up to now. */
  settle(): void {
    this.surroundings.timeline.advanceTo(this.now());
  }

  chance(): number {
    return this.surroundings.random.next();
  }
}
