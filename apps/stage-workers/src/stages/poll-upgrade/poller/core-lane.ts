import type { LagoonCore, LagoonDeployment } from '@uplift/lagoon';
import { LagoonCircuitOpenError } from '@uplift/lagoon';
import { askLagoon } from './ask-lagoon';
import type { DeploymentWatcher } from './deployment-watcher';
import { inParallel } from './in-parallel';
import type { Ask } from './poll-asks';
import { asksFor } from './poll-asks';
import type { PollCadence } from './poll-cadence';
import type { PollClock } from './poll-clock';
import type { RoundResult } from './poll-round';
import { pollRound } from './poll-round';
import type { Watch } from './watch';

export interface LaneOptions {
  readonly cadence: PollCadence;
  readonly clock: PollClock;
  /** Most environments in one request. */
  readonly batch: number;
  readonly onError: (error: unknown) => void;
}

const TOLD_AT_ONCE = 50;

/** Everything that is watched on one Lagoon core. Ticks as long as somebody watches. */
export class CoreLane {
  private readonly watches = new Map<DeploymentWatcher, Watch>();
  private readonly stopping = new AbortController();
  private callOff: (() => void) | null = null;
  private isTurning = false;
  private failures = 0;
  private progressAt = 0;

  constructor(
    private readonly core: LagoonCore,
    private readonly options: LaneOptions,
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

  /** How long a tick has been waiting for one and the same answer, in ms; 0 between ticks. */
  get stalledMs(): number {
    return this.isTurning ? this.options.clock.monotonic() - this.progressAt : 0;
  }

  stop(): void {
    this.stopping.abort(new Error('the poller stops'));
    this.callOff?.();
  }

  private schedule(lastTickAt: number): void {
    const isSet = this.callOff !== null || this.isTurning;
    if (isSet || this.stopping.signal.aborted || this.watches.size === 0) return;
    const { clock, cadence } = this.options;
    const wait = lastTickAt + cadence.pauseMs(this.failures) - clock.monotonic();
    this.callOff = clock.after(Math.max(0, wait), () => void this.tick());
  }

  private async tick(): Promise<void> {
    const startedAt = this.options.clock.monotonic();
    this.callOff = null;
    this.isTurning = true;
    this.progressAt = startedAt;
    try {
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
    const asks = asksFor(this.watches.values(), timing, batch);
    if (asks.length > 0) await this.conclude(await this.carryOut(asks));
  }

  private carryOut(asks: readonly Ask[]): Promise<RoundResult> {
    const { onError } = this.options;
    const isStopping = () => this.stopping.signal.aborted;
    return pollRound(asks, {
      send: (ask) => this.look(ask),
      onError: (error) => (isStopping() ? undefined : onError(error)),
    });
  }

  /** Where others were answered, it is the failed ones that wait; where nobody was, all of the core. */
  private async conclude({ answers, failed, trouble }: RoundResult): Promise<void> {
    const outage = outageIn(this.core, trouble);
    const isCoreAway = trouble !== null && answers === 0;
    if (!isCoreAway) this.putOff(failed.flatMap(({ watches }) => watches));
    // While the core counts as away its own gate says when to try again.
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
    for (const watch of unanswered) this.plan(watch);
    await Promise.all(shown.map(({ watch, rows }) => this.show(watch, rows)));
    this.progressAt = this.options.clock.monotonic();
    return further;
  }

  private async show(watch: Watch, rows: readonly LagoonDeployment[]): Promise<void> {
    const { watcher } = watch;
    if (this.watches.get(watcher) !== watch) return;
    watch.pace = await watcher.seen(rows);
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

  private async tellAll(outage: LagoonCircuitOpenError): Promise<void> {
    const watchers = [...this.watches.keys()];
    await inParallel(TOLD_AT_ONCE, async () => {
      for (let next = watchers.shift(); next !== undefined; next = watchers.shift()) {
        await next.outage(outage);
      }
    });
  }
}

/** A failure that makes the core count as away is an outage like what was held back because of it. */
function outageIn({ name, breaker }: LagoonCore, trouble: unknown): LagoonCircuitOpenError | null {
  if (trouble instanceof LagoonCircuitOpenError) return trouble;
  if (trouble === null || breaker.state === 'closed' || breaker.openSince === null) return null;
  return new LagoonCircuitOpenError(name, breaker.openSince);
}
