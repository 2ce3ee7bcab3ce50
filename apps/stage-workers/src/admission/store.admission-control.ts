import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { InstanceEvent } from '@uplift/domain';
import type { AllTail, TailedInstanceEvent } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { EventClock } from '../store/event-clock';
import type { NoRoom } from './admission-control.port';
import { AdmissionControl } from './admission-control.port';
import type { LimitsOf } from './core-usage.projection';
import { CoreUsageProjection, isUpgradeIntent } from './core-usage.projection';

export interface AdmissionControlOptions {
  readonly limitsOf: LimitsOf;
  /** Name under which this process writes its intents. */
  readonly worker: string;
  readonly clock: Clock;
  readonly onBeat: () => void;
  /** Pause between two looks for room that comes with time alone, in ms. */
  readonly tickMs?: number;
}

const TICK_MS = 1_000;

/**
 * Room as the store tells it, so that all processes together keep to what was agreed, and a restart forgets nothing.
 * Until the whole store has been read nobody enters a limited core. In a race of several processes each may be one
 * deployment over the limit, never more: a process lets nobody in before it has seen its own last intent.
 */
export class StoreAdmissionControl
  extends AdmissionControl
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  private readonly usage: CoreUsageProjection;
  private readonly clock: EventClock;
  private readonly queues = new Map<string, CoreQueue>();
  private readonly abort = new AbortController();

  constructor(
    private readonly tail: AllTail,
    private readonly options: AdmissionControlOptions,
  ) {
    super();
    this.usage = new CoreUsageProjection(options.limitsOf);
    this.clock = new EventClock(options.clock);
    tail.add({ onInstanceEvent: (event) => this.take(event), onBatch: () => this.letIn() });
  }

  onApplicationBootstrap(): void {
    void this.tick();
  }

  onApplicationShutdown(): void {
    this.abort.abort();
  }

  /** Why nobody is let in anywhere; undefined if it works. */
  readiness(): string | undefined {
    return this.tail.hasCaughtUp ? undefined : 'has not read the whole store yet';
  }

  async enter(core: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const queue = this.queueOf(core);
    if (queue === null) return;
    const entered = queue.join(signal);
    this.letIn();
    await entered;
  }

  giveBack(core: string): void {
    this.queueOf(core)?.landed();
    this.letIn();
  }

  why(core: string): NoRoom | null {
    return this.usage.why(core, this.clock.now());
  }

  /** How many wait to be let in, at all cores. */
  get waiting(): number {
    return [...this.queues.values()].reduce((sum, { length }) => sum + length, 0);
  }

  private take(recorded: TailedInstanceEvent): void {
    const { instanceId, event, at } = recorded;
    this.clock.observe(at);
    this.usage.record(recorded);
    if (!this.isOwnEntry(event)) return;
    const core = this.usage.coreOfInstance(instanceId);
    if (core !== undefined) this.queueOf(core)?.landed();
  }

  /** Later calls of an upgrade come without a new entry. */
  private isOwnEntry(event: InstanceEvent): boolean {
    if (!isUpgradeIntent(event)) return false;
    return event.data.callNo === 1 && event.data.worker === this.options.worker;
  }

  private letIn(): void {
    if (!this.tail.hasCaughtUp) return;
    for (const [core, queue] of this.queues) {
      if (queue.isWaiting && this.why(core) === null) queue.admitFirst();
    }
  }

  private async tick(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.options.onBeat();
      this.letIn();
      await this.options.clock.idle(this.options.tickMs ?? TICK_MS, signal);
    }
  }

  private queueOf(core: string): CoreQueue | null {
    const limits = this.options.limitsOf(core);
    if (limits === null) return null;
    const queue = this.queues.get(limits.name) ?? new CoreQueue(this.options.clock);
    this.queues.set(limits.name, queue);
    return queue;
  }
}

/** Longest wait for the event of somebody who was let in, in ms. */
const LANDING_MS = 30_000;

interface Waiter {
  readonly enter: () => void;
}

/**
 * Those who want in at one core, first come first served. The next is let in only when the event of the one before
 * has been seen: so a process is never more than one ahead of what the store tells it.
 */
class CoreQueue {
  private readonly waiters: Waiter[] = [];
  private landingUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  get length(): number {
    return this.waiters.length;
  }

  join(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiters.push(waiter);
    });
  }

  /** Whether the first may be let in if the core has room. */
  get isWaiting(): boolean {
    return this.waiters.length > 0 && this.clock.monotonic() >= this.landingUntil;
  }

  admitFirst(): void {
    const first = this.waiters.shift();
    if (first === undefined) return;
    this.landingUntil = this.clock.monotonic() + LANDING_MS;
    first.enter();
  }

  /** Whoever was let in has been seen, or will not come. */
  landed(): void {
    this.landingUntil = Number.NEGATIVE_INFINITY;
  }
}
