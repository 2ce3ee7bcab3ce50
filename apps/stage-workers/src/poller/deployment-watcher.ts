import type { CoreOutage, LagoonDeployment } from '@uplift/lagoon';

/** One build somebody waits for. */
export interface WatchTarget {
  readonly environmentId: number;
  readonly buildName: string;
  /** Every build of the attempt carries it as `bulkName`. */
  readonly marker: string;
  /** The wave whose builds are looked at together; null: the build is looked up by its environment. */
  readonly bulkId: string | null;
}

/** How a build stands, as far as the next look at it goes. */
export type WatchPace = 'queued' | 'active' | 'over';

export interface DeploymentWatcher {
  /** The Lagoon core as the instance names it. */
  readonly core: string;
  /** When the build was accepted, milliseconds since 1970. */
  readonly acceptedAt: number;
  /** Monotonic time in ms from which the watch is to end. */
  readonly patientUntil: number;
  /** Asked for before every look: the build may have become another one. */
  readonly target: WatchTarget;

  /**
   * Newest first: the builds of the wave that carry the marker, or, if ours is not among those or is
   * cancelled, the newest builds of the environment. Never rejects; `over` ends the watch.
   */
  seen(rows: readonly LagoonDeployment[]): Promise<WatchPace>;

  /** It was watched for long enough. */
  tire(): void;

  /** Nobody can look at the moment. Never rejects. */
  outage(outage: CoreOutage): Promise<void>;
}

/** One watcher and when it is looked for; all times are monotonic, in ms. */
export interface Watch {
  readonly watcher: DeploymentWatcher;
  readonly acceptedAt: number;
  pace: WatchPace;
  dueAt: number;
  /** Looks in a row that Lagoon answered with nothing usable. */
  failures: number;
}
