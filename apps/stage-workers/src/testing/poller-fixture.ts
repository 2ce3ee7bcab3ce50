import type { CoreOutage, LagoonCores, LagoonDeployment } from '@uplift/lagoon';
import { SingleLagoonCore } from '@uplift/lagoon';
import { InMemoryLagoon, unguardedCore } from '@uplift/lagoon/testing';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { DeploymentPoller } from '../poller/deployment-poller';
import type { DeploymentWatcher, WatchPace, WatchTarget } from '../poller/deployment-watcher';

export const MINUTE = 60_000;

export const INTERVALS = {
  pollEarlyIntervalMs: 30_000,
  pollEarlyForMs: 2 * MINUTE,
  pollIntervalMs: MINUTE,
  pollQueuedIntervalMs: 3 * MINUTE,
};

/** Notes what it is shown; says of itself whatever the spec wants. */
export class NotingWatcher implements DeploymentWatcher {
  readonly looks: { readonly at: number; readonly rows: readonly LagoonDeployment[] }[] = [];
  readonly outages: CoreOutage[] = [];
  pace: WatchPace = 'active';
  core = 'eu-1';
  patientUntil = Number.POSITIVE_INFINITY;
  isTired = false;

  constructor(
    readonly target: WatchTarget,
    private readonly clock: VirtualClock,
    readonly acceptedAt: number = clock.wall(),
  ) {}

  seen(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    this.looks.push({ at: this.clock.monotonic(), rows });
    return Promise.resolve(this.pace);
  }

  tire(): void {
    this.isTired = true;
  }

  outage(outage: CoreOutage): Promise<void> {
    this.outages.push(outage);
    return Promise.resolve();
  }
}

/** A poller on the twin of Lagoon, in a time of its own. */
export class PollerFixture {
  readonly clock = new VirtualClock();
  readonly errors: unknown[] = [];
  /** How many requests had been sent when each round was over. */
  readonly rounds: number[] = [];
  readonly poller: DeploymentPoller;
  /** When each core beat. */
  readonly beatsOf = new Map<string, number[]>();
  private placed = 0;

  constructor(
    readonly lagoon = new InMemoryLagoon(),
    cores: LagoonCores = new SingleLagoonCore(unguardedCore(lagoon)),
    batch = 50,
  ) {
    const options = {
      ...INTERVALS,
      batch,
      onRound: () => void this.rounds.push(this.lagoon.calls.length),
      onError: (error: unknown) => void this.errors.push(error),
      loopOf: (core: string) => {
        const beats = [this.clock.monotonic()];
        this.beatsOf.set(core, beats);
        return () => void beats.push(this.clock.monotonic());
      },
    };
    this.poller = new DeploymentPoller(cores, options, {
      clock: this.clock,
      randomness: new SeededRandomness(1),
    });
  }

  /** A build on Lagoon and somebody who watches it. */
  async build(
    bulkId: string | null = null,
    acceptedAt = this.clock.wall(),
  ): Promise<NotingWatcher> {
    const target = this.targetOf(this.placed);
    const { environmentId } = this.lagoon.script.place(target);
    const marker = `marker-${this.placed}`;
    this.placed += 1;
    const request = { environmentId, bulkName: marker, ...(bulkId !== null && { bulkId }) };
    const answer = await this.lagoon.deployLatest(request, new AbortController().signal);
    const buildName = answer.kind === 'accepted' ? answer.buildName : '';
    return new NotingWatcher({ environmentId, buildName, marker, bulkId }, this.clock, acceptedAt);
  }

  async watched(count: number, bulkId: string | null = null): Promise<NotingWatcher[]> {
    const watchers = await Promise.all(Array.from({ length: count }, () => this.build(bulkId)));
    for (const watcher of watchers) this.poller.watch(watcher);
    this.lagoon.calls.length = 0;
    return watchers;
  }

  /** The environment of the nth build, from 0. */
  targetOf(n: number) {
    return { project: `app-${n}`, environment: 'main' };
  }

  /** How many environments or waves each request asked about. */
  get requests(): { readonly operation: string; readonly size: number }[] {
    return this.lagoon.calls.map(({ operation, input }) => ({
      operation,
      size: Array.isArray(input) ? input.length : 1,
    }));
  }

  get beats(): number {
    return [...this.beatsOf.values()].flat().length;
  }

  countOf(operation: string): number {
    return this.requests.filter((request) => request.operation === operation).length;
  }
}
