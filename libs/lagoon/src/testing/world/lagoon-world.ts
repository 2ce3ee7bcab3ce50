import { BuildRegistry } from './build-registry';
import { ProjectRegistry } from './projects';
import { TaskRegistry } from './task-registry';
import type { TimeAndChance, WorldOptions } from './world-context';
import { WorldContext } from './world-context';

/** Everything a Lagoon made for tests knows. */
export class LagoonWorld {
  /** True: the caller's realm role passes `project: viewAll`. */
  hasPlatformRole = false;
  readonly context: WorldContext;
  readonly projects: ProjectRegistry;
  readonly builds: BuildRegistry;
  readonly tasks: TaskRegistry;

  constructor(options: WorldOptions, timeAndChance: TimeAndChance) {
    this.context = new WorldContext(options, timeAndChance);
    this.projects = new ProjectRegistry(this.context);
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
}
