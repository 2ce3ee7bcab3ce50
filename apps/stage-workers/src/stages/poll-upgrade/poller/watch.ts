import type { DeploymentWatcher, WatchPace } from './deployment-watcher';

/** One watcher and when it is looked for; all times are monotonic, in ms. */
export interface Watch {
  readonly watcher: DeploymentWatcher;
  readonly acceptedAt: number;
  pace: WatchPace;
  dueAt: number;
  /** Looks in a row that Lagoon answered with nothing usable. */
  failures: number;
}
