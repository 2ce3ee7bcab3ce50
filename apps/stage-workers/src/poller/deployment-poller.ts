import type { OnApplicationShutdown } from '@nestjs/common';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import type { CancelTimer, Clock, Randomness } from '@uplift/runtime';
import type { DeploymentWatcher } from './deployment-watcher';
import type { PollIntervals } from './poll-cadence';
import { PollCadence } from './poll-cadence';
import { PollScheduler } from './poll-scheduler';

export interface DeploymentPollerOptions extends PollIntervals {
  /** Most environments in one request. */
  readonly batch: number;
  readonly onError: (error: unknown, core: string) => void;
  /** Told how long each round of requests took, in ms. */
  readonly onRound?: (tookMs: number) => void;
  /** Answers what to call whenever the core makes progress, and every second between its rounds. */
  readonly loopOf: (core: string) => () => void;
}

const BEAT_MS = 1_000;

/**
 * Looks at many deployments with few requests, core by core. Knows only what its watchers asked for: their
 * messages stay unacknowledged on the bus, so a dead poller's watches come back by themselves.
 */
export class DeploymentPoller implements OnApplicationShutdown {
  private readonly schedulers = new Map<string, PollScheduler>();
  private endBeat: CancelTimer = () => undefined;

  constructor(
    private readonly cores: LagoonCores,
    private readonly options: DeploymentPollerOptions,
    private readonly ports: { readonly clock: Clock; readonly randomness: Randomness },
  ) {
    this.beat();
  }

  /**
   * Returns the function that ends the watch early.
   * @throws UnknownCoreError
   */
  watch(watcher: DeploymentWatcher): () => void {
    return this.schedulerOf(this.cores.of(watcher.core)).add(watcher);
  }

  /** How many builds are looked at, on all cores. */
  get watched(): number {
    return [...this.schedulers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  onApplicationShutdown(): void {
    this.endBeat();
    for (const scheduler of this.schedulers.values()) scheduler.stop();
  }

  private beat(): void {
    for (const scheduler of this.schedulers.values()) scheduler.beatIfIdle();
    this.endBeat = this.ports.clock.after(BEAT_MS, () => this.beat());
  }

  private schedulerOf(core: LagoonCore): PollScheduler {
    const { name } = core;
    const known = this.schedulers.get(name);
    if (known !== undefined) return known;
    const scheduler = new PollScheduler(core, {
      clock: this.ports.clock,
      cadence: new PollCadence(this.options, this.ports.randomness),
      batch: this.options.batch,
      onError: (error) => this.options.onError(error, name),
      onBeat: this.options.loopOf(name),
      onRound: (tookMs) => this.options.onRound?.(tookMs),
    });
    this.schedulers.set(name, scheduler);
    return scheduler;
  }
}
