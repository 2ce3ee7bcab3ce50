import type { SimulatorOptions } from '../simulator.options';
import { BuildRegistry } from './build-registry';
import { Places } from './places';
import { WorldContext } from './context';
import { TaskRegistry } from './task-registry';

/** Everything the simulated Lagoon knows. */
export class LagoonWorld {
  /** True: the caller's realm role passes `project: viewAll`. */
  hasPlatformRole = false;
  readonly context: WorldContext;
  readonly places: Places;
  readonly builds: BuildRegistry;
  readonly tasks: TaskRegistry;

  constructor(options: SimulatorOptions) {
    this.context = new WorldContext(options);
    this.places = new Places(this.context);
    this.builds = new BuildRegistry(this.context);
    this.tasks = new TaskRegistry(this.context);
  }

  now(): number {
    return this.context.clock.now();
  }

  /** Carries out everything that has happened up to now. */
  settle(): void {
    this.context.timeline.advanceTo(this.now());
  }

  chance(): number {
    return this.context.random.next();
  }
}
