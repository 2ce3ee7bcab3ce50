import type { OnApplicationShutdown } from '@nestjs/common';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import { CoreLane } from './core-lane';
import type { DeploymentWatcher } from './deployment-watcher';
import type { PollIntervals } from './poll-cadence';
import { PollCadence } from './poll-cadence';
import type { PollClock } from './poll-clock';
import { systemPollClock } from './poll-clock';

export interface DeploymentPollerOptions extends PollIntervals {
  /** Most environments in one request. */
  readonly batch: number;
  readonly onError: (error: unknown, core: string) => void;
  /** Called every few seconds while no core is stuck: what liveness watches. */
  readonly onBeat: () => void;
}

const BEAT_MS = 5_000;
/** Longer than any request and the appends after it may take. */
const STUCK_MS = 120_000;

/**
 * Looks at many deployments with few requests, core by core. Knows only what its watchers asked for: their
 * messages stay unacknowledged on the bus, so a dead poller's watches come back by themselves.
 */
export class DeploymentPoller implements OnApplicationShutdown {
  private readonly lanes = new Map<string, CoreLane>();
  private endBeat: () => void = () => undefined;

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: DeploymentPollerOptions,
    private readonly clock: PollClock = systemPollClock,
  ) {
    this.beat();
  }

  /**
   * Returns the function that ends the watch early.
   * @throws UnknownCoreError
   */
  watch(watcher: DeploymentWatcher): () => void {
    return this.laneOf(this.cores.of(watcher.core)).add(watcher);
  }

  onApplicationShutdown(): void {
    this.endBeat();
    for (const lane of this.lanes.values()) lane.stop();
  }

  private beat(): void {
    const isStuck = [...this.lanes.values()].some(({ stalledMs }) => stalledMs > STUCK_MS);
    if (!isStuck) this.options.onBeat();
    this.endBeat = this.clock.after(BEAT_MS, () => this.beat());
  }

  private laneOf(core: LagoonCore): CoreLane {
    const { name } = core;
    const known = this.lanes.get(name);
    if (known !== undefined) return known;
    const lane = new CoreLane(core, {
      clock: this.clock,
      cadence: new PollCadence(this.options),
      batch: this.options.batch,
      onError: (error) => this.options.onError(error, name),
    });
    this.lanes.set(name, lane);
    return lane;
  }
}
