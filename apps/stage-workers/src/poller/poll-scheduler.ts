import type { CoreOutage, LagoonCore, LagoonDeployment } from '@uplift/lagoon';
import { LagoonUnauthenticatedError, LagoonUnavailableError } from '@uplift/lagoon';
import type { CancelTimer, Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import { outageIn } from '../runner/lagoon-outages';
import type { DeploymentWatcher, Watch } from './deployment-watcher';
import type { PollCadence } from './poll-cadence';
import type { Ask } from './poll-requests';
import { askLagoon, asksFor } from './poll-requests';

export interface PollSchedulerOptions {
  readonly cadence: PollCadence;
  readonly clock: Clock;
  /** Most environments in one request. */
  readonly batch: number;
  readonly onError: (error: unknown) => void;
  /** An answer came, or a watcher has dealt with it. */
  readonly onBeat: () => void;
  /** Told how long a round of requests took, in ms. */
  readonly onRound: (tookMs: number) => void;
}

const TOLD_AT_ONCE = 50;
/**
 * Requests of one round, beside those that its answers lead to: the rest has its turn right after it, or after the
 * pause that follows trouble.
 */
const MOST_ASKS = 200;

/** Everything that is watched on one Lagoon core. Ticks as long as somebody watches. */
export class PollScheduler {
  private readonly watches = new Map<DeploymentWatcher, Watch>();
  private readonly stopping = new AbortController();
  private callOff: CancelTimer | null = null;
  private isTurning = false;
  /** Some whose turn it was were left for the next round, which follows at once. */
  private isBehind = false;
  private failures = 0;

  constructor(
    private readonly core: LagoonCore,
    private readonly options: PollSchedulerOptions,
  ) {}

  add(watcher: DeploymentWatcher): () => void {
    const { clock, cadence } = this.options;
    const now = clock.monotonic();
    const age = Math.max(0, clock.wall() - watcher.acceptedAt);
    const dueAt = now + cadence.tickMs;
    const acceptedAt = now - age;
    this.watches.set(watcher, { watcher, acceptedAt, pace: 'active', dueAt, failures: 0 });
    this.schedule(now);
    return () => void this.watches.delete(watcher);
  }

  get size(): number {
    return this.watches.size;
  }

  beatIfIdle(): void {
    if (!this.isTurning) this.options.onBeat();
  }

  stop(): void {
    this.stopping.abort(new Error('the poller stops'));
    this.callOff?.();
  }

  private schedule(lastTickAt: number): void {
    const isSet = this.callOff !== null || this.isTurning;
    if (isSet || this.stopping.signal.aborted || this.watches.size === 0) return;
    const { clock, cadence } = this.options;
    const wait = this.isBehind
      ? 0
      : lastTickAt + cadence.pauseMs(this.failures) - clock.monotonic();
    this.callOff = clock.after(Math.max(0, wait), () => void this.tick());
  }

  private async tick(): Promise<void> {
    const startedAt = this.options.clock.monotonic();
    this.callOff = null;
    this.isTurning = true;
    this.options.onBeat();
    try {
      await failpoint('poll.round');
      await this.turn(startedAt);
    } finally {
      this.isTurning = false;
      this.schedule(startedAt);
    }
  }

  private async turn(now: number): Promise<void> {
    const { cadence, batch } = this.options;
    const timing = {
      isDue: ({ dueAt }: Watch) => cadence.isDue(dueAt, now),
      isSoon: ({ dueAt }: Watch) => cadence.isSoon(dueAt, now),
    };
    this.endTired(now);
    const all = asksFor(this.watches.values(), timing, batch);
    const asks = all.slice(0, MOST_ASKS);
    this.isBehind = all.length > asks.length;
    if (asks.length === 0) return;
    await this.conclude(await this.carryOut(asks));
    this.options.onRound(this.options.clock.monotonic() - now);
  }

  private endTired(now: number): void {
    for (const watcher of this.watches.keys()) {
      if (now < watcher.patientUntil) continue;
      this.watches.delete(watcher);
      watcher.tire();
    }
  }

  private carryOut(asks: readonly Ask[]): Promise<RoundResult> {
    const { onError, onBeat } = this.options;
    const isStopping = () => this.stopping.signal.aborted;
    return pollRound(asks, {
      send: (ask) => this.look(ask),
      onError: (error) => {
        onBeat();
        if (!isStopping()) onError(error);
      },
    });
  }

  /** Where others were answered, it is the failed ones that wait; where nobody was, all of the core. */
  private async conclude({ answers, failed, trouble }: RoundResult): Promise<void> {
    const outage = outageIn(this.core, trouble);
    const isCoreAway = trouble !== null && answers === 0;
    if (trouble !== null) this.isBehind = false;
    if (!isCoreAway) this.putOff(failed.flatMap(({ watches }) => watches));
    // While the core counts as away its breaker says when to try again.
    this.failures = isCoreAway && outage === null ? this.failures + 1 : 0;
    if (outage !== null) await this.tellAll(outage);
  }

  private async look(ask: Ask): Promise<readonly Ask[]> {
    const { batch } = this.options;
    const { signal } = this.stopping;
    const { shown, unanswered, further } = await askLagoon(this.core.lagoon, ask, {
      batch,
      signal,
    });
    this.options.onBeat();
    for (const watch of unanswered) this.plan(watch);
    await Promise.all(shown.map(({ watch, rows }) => this.show(watch, rows)));
    return further;
  }

  private async show(watch: Watch, rows: readonly LagoonDeployment[]): Promise<void> {
    const { watcher } = watch;
    if (this.watches.get(watcher) !== watch) return;
    watch.pace = await watcher.seen(rows);
    this.options.onBeat();
    watch.failures = 0;
    if (watch.pace === 'over') this.watches.delete(watcher);
    else this.plan(watch);
  }

  private plan(watch: Watch): void {
    const { clock, cadence } = this.options;
    const now = clock.monotonic();
    watch.dueAt = now + cadence.intervalMs(now - watch.acceptedAt, watch.pace);
  }

  private putOff(watches: readonly Watch[]): void {
    const { clock, cadence } = this.options;
    for (const watch of watches) {
      watch.failures += 1;
      watch.dueAt = clock.monotonic() + cadence.retryMs(watch.failures);
    }
  }

  private async tellAll(outage: CoreOutage): Promise<void> {
    const watchers = [...this.watches.keys()].values();
    await inParallel(TOLD_AT_ONCE, async () => {
      for (const watcher of watchers) {
        await watcher.outage(outage);
        this.options.onBeat();
      }
    });
  }
}

/** What became of the requests of one tick. */
export interface RoundResult {
  readonly answers: number;
  readonly failed: readonly Ask[];
  /** The failure that made further requests pointless; null if all were sent. */
  readonly trouble: unknown;
}

export interface RoundSteps {
  /** Answers what has to be asked further. */
  readonly send: (ask: Ask) => Promise<readonly Ask[]>;
  readonly onError: (error: unknown) => void;
}

const REQUESTS_AT_ONCE = 4;

/** Sends requests until one fails in a way that every other one would too. */
async function pollRound(
  asks: readonly Ask[],
  { send, onError }: RoundSteps,
): Promise<RoundResult> {
  const queue = [...asks];
  const failed: Ask[] = [];
  let answers = 0;
  let trouble: unknown = null;
  const attempt = async (ask: Ask) => {
    try {
      queue.push(...(await send(ask)));
      answers += 1;
    } catch (error) {
      onError(error);
      failed.push(ask);
      if (isAway(error)) trouble = error;
    }
  };
  await inParallel(REQUESTS_AT_ONCE, async () => {
    for (let ask = queue.shift(); ask !== undefined; ask = queue.shift()) {
      if (trouble === null) await attempt(ask);
    }
  });
  return { answers, failed, trouble };
}

function isAway(error: unknown): boolean {
  return error instanceof LagoonUnavailableError || error instanceof LagoonUnauthenticatedError;
}

/** So many of the same worker at once; each takes its work from where it likes. */
async function inParallel(workers: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, work));
}
