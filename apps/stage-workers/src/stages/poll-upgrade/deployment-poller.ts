import type { OnApplicationShutdown } from '@nestjs/common';
import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';

export interface DeploymentPollerOptions {
  /** Pause between two looks at the same deployment, in ms; each gets a jitter of a quarter. */
  readonly intervalMs: number;
  /** Most deployments in one request. */
  readonly batch: number;
  readonly onError: (error: unknown) => void;
  /** Called on every turn of the loop: what liveness watches. */
  readonly onBeat: () => void;
}

/** Sees one row each time Lagoon showed it; true ends the watch. */
export type Observer = (row: LagoonDeployment | null) => Promise<boolean>;

interface Watch {
  readonly environmentId: number;
  readonly name: string;
  readonly observe: Observer;
  dueAt: number;
}

const IDLE_BEAT_MS = 5_000;
const LONGEST_BACKOFF_MS = 300_000;

/**
 * Looks at many deployments with few requests. Knows only what its watchers asked for: their messages stay
 * unacknowledged on the bus, so a dead poller's watches come back by themselves.
 */
export class DeploymentPoller implements OnApplicationShutdown {
  private readonly watches = new Set<Watch>();
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;
  private isStopped = false;
  private failures = 0;

  constructor(
    private readonly lagoon: Lagoon,
    private readonly options: DeploymentPollerOptions,
  ) {
    this.schedule();
  }

  /** Returns the function that ends the watch early. */
  watch(environmentId: number, name: string, observe: Observer): () => void {
    const watch = { environmentId, name, observe, dueAt: this.nextLook() };
    this.watches.add(watch);
    this.schedule();
    return () => void this.watches.delete(watch);
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private nextLook(): number {
    const { intervalMs } = this.options;
    const base = Math.min(
      intervalMs * 2 ** this.failures,
      Math.max(LONGEST_BACKOFF_MS, intervalMs),
    );
    return performance.now() + base * (0.875 + Math.random() * 0.25);
  }

  private schedule(): void {
    if (this.isStopped || this.isBusy) return;
    clearTimeout(this.timer);
    const wait = Math.min(this.earliest() - performance.now(), IDLE_BEAT_MS);
    this.timer = setTimeout(() => void this.turn(), Math.max(0, wait));
  }

  private earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.watches) earliest = Math.min(earliest, dueAt);
    return earliest;
  }

  private async turn(): Promise<void> {
    this.isBusy = true;
    this.options.onBeat();
    for (const batch of batches(this.due(), this.options.batch)) await this.look(batch);
    this.isBusy = false;
    this.schedule();
  }

  /** Whoever is due within the next quarter interval rides along: fuller requests, fewer of them. */
  private due(): Watch[] {
    const horizon = performance.now() + this.options.intervalMs / 4;
    const byEnvironment = new Map<number, Watch>();
    for (const watch of this.watches) {
      if (watch.dueAt <= horizon) byEnvironment.set(watch.environmentId, watch);
    }
    return [...byEnvironment.values()];
  }

  private async look(batch: readonly Watch[]): Promise<void> {
    try {
      const rows = await this.lagoon.deploymentsOfMany(batch);
      this.failures = 0;
      await Promise.all(batch.map((watch) => this.show(watch, rows.get(watch.environmentId))));
    } catch (error) {
      this.failures = Math.min(this.failures + 1, 10);
      this.options.onError(error);
      for (const watch of batch) watch.dueAt = this.nextLook();
    }
  }

  /** `undefined`: Lagoon did not answer for this environment, which says nothing about the build. */
  private async show(watch: Watch, rows: readonly LagoonDeployment[] | undefined): Promise<void> {
    watch.dueAt = this.nextLook();
    if (rows === undefined) return;
    const row = rows.find(({ name }) => name === watch.name) ?? null;
    if (await watch.observe(row)) this.watches.delete(watch);
  }
}

function batches<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
