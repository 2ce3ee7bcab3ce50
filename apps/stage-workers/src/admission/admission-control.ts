import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { AllTail, TailedInstanceEvent, UnreadableEvent } from '@uplift/event-store';
import type { LagoonCore, LagoonCores } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { EventClock } from '../store/event-clock';
import type { Entrant, Hold } from './candidate';
import type { Entry, Reachability } from './core-queue';
import { CoreQueue } from './core-queue';
import type { LimitsOf } from './core-limits';
import { knownCore, limitsBasis, limitsFrom } from './core-limits';
import type { NoRoom } from './core-load';
import { CoreUsageProjection } from './core-usage.projection';
import type { StartsSwitch, StoppedStarts } from './starts-switch';

export interface AdmissionControlOptions {
  readonly cores: LagoonCores;
  readonly starts: StartsSwitch;
  readonly clock: Clock;
  readonly onBeat: () => void;
  /** Pause between two looks for what comes with time alone, in ms. */
  readonly tickMs?: number;
}

const TICK_MS = 1_000;

/**
 * Lets attempts begin as the store allows: the switch is on, and the core has room, so that all processes together keep
 * to what was agreed, and a restart forgets nothing. Until the whole store has been read nobody enters a limited core.
 * In a race of several processes each may be one over the limit, never more: a process lets nobody in before it has
 * seen its own last one begin. Urgent ones are first, then it is first come first served, as the store has it.
 */
export class AdmissionControl implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly limitsOf: LimitsOf;
  private readonly usage: CoreUsageProjection;
  private readonly clock: EventClock;
  private readonly queues = new Map<string, CoreQueue>();
  private readonly abort = new AbortController();

  /** @param tail null where no core has a limit: then nothing is read */
  constructor(
    private readonly tail: AllTail | null,
    private readonly options: AdmissionControlOptions,
  ) {
    this.limitsOf = limitsFrom(options.cores);
    this.usage = new CoreUsageProjection(this.limitsOf, limitsBasis(options.cores));
    this.clock = new EventClock(options.clock);
    tail?.add({
      onInstanceEvent: (event) => this.take(event),
      onUnreadable: (unreadable) => this.setAside(unreadable),
      onBatch: () => this.serve(),
      onRestored: () => this.release(),
      folds: [this.usage, this.clock.fold('time of admission')],
    });
  }

  onApplicationBootstrap(): void {
    void this.run();
  }

  onApplicationShutdown(): void {
    this.abort.abort();
  }

  /** Why nobody is let in at limited cores; undefined if it works. */
  readiness(): string | undefined {
    return (this.tail?.hasCaughtUp ?? true) ? undefined : 'has not read the whole store yet';
  }

  /** Takes a place in the queue; whoever takes one has to leave it. */
  join(entrant: Entrant): Entry {
    if (!entrant.isOfOwnTime) this.clock.observe(entrant.openedAt);
    return this.queueAt(entrant.order.profile.core).join(entrant);
  }

  why(core: string): NoRoom | null {
    return this.usage.why(core, this.clock.now());
  }

  /** How many wait to be let in, at all cores. */
  get waiting(): number {
    return [...this.queues.values()].reduce((sum, { size }) => sum + size, 0);
  }

  private take(recorded: TailedInstanceEvent): void {
    const { instanceId, at } = recorded;
    this.clock.observe(at);
    const wasQueued = this.usage.isQueued(instanceId);
    this.usage.record(recorded);
    const hasBegun = this.usage.isAdmitted(instanceId);
    // A message may be faster than the tail: what is not in the queue yet has not left it.
    const isGone = wasQueued && !this.usage.isQueued(instanceId);
    for (const queue of this.queues.values()) {
      if (hasBegun) queue.landed(instanceId);
      if (isGone) queue.release(instanceId);
    }
  }

  /** Whoever waits here for an instance that cannot be read is sent away, and its room is given to others. */
  private setAside({ instanceId, event }: UnreadableEvent): void {
    if (instanceId === null) return;
    this.usage.forget(instanceId, Date.parse(event.recordedAt));
    for (const queue of this.queues.values()) {
      queue.landed(instanceId);
      queue.release(instanceId);
    }
  }

  /** What has become of those who came before, no event will tell. */
  private release(): void {
    for (const queue of this.queues.values()) queue.releaseUnknown();
  }

  private serve(): void {
    for (const queue of this.queues.values()) queue.serve();
  }

  private async run(): Promise<void> {
    const { clock, tickMs = TICK_MS, onBeat } = this.options;
    const { signal } = this.abort;
    while (!signal.aborted) {
      onBeat();
      if (this.waiting > 0) await this.look();
      await clock.idle(tickMs, signal);
    }
  }

  /** What comes with time alone, and what other processes are not told of. A look that fails is made again. */
  private async look(): Promise<void> {
    await this.options.starts.refresh().catch(() => undefined);
    for (const queue of this.queues.values()) {
      queue.serve();
      queue.look();
    }
  }

  private queueAt(core: string): CoreQueue {
    const { cores, clock, starts } = this.options;
    const known = knownCore(cores, core);
    const name = known?.name ?? core;
    const queue =
      this.queues.get(name) ??
      new CoreQueue({
        core,
        isLimited: this.limitsOf(core) !== null,
        usage: this.usage,
        clock,
        now: () => this.clock.now(),
        hasRead: () => this.readiness() === undefined,
        stop: (name) => holdOf(starts.known(name)),
        reachability: known === null ? null : reachabilityOf(known),
      });
    this.queues.set(name, queue);
    return queue;
  }
}

function reachabilityOf({ breaker, lagoon }: LagoonCore): Reachability {
  return {
    outage: () => (breaker.state === 'closed' ? null : breaker.outage),
    // Sent only when it is time for another try; what it finds the breaker knows.
    recheck: () => void lagoon.ping().catch(() => undefined),
  };
}

function holdOf(stopped: StoppedStarts | null): Hold | null {
  if (stopped === null) return null;
  const { since, requestedBy, reason } = stopped.stop;
  return { target: stopped.target, since, evidence: { requestedBy, reason } };
}
