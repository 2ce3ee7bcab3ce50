import type { CoreLimits } from './core-limits';
import type { Flight } from './flight';
import { isWaiting } from './flight';
import type { KeptQueue } from './start-queue';
import { StartQueue } from './start-queue';
import type { KeptBucket } from './token-bucket';
import { TokenBucket } from './token-bucket';

/** Why a core takes no further upgrade for the moment. */
export type NoRoom = 'builds-in-flight' | 'trigger-rate';

/** Where an attempt stands that waits for admission. */
export interface Queued {
  /** From 1. */
  readonly place: number;
  /** When it is likely to be admitted, in ms since 1970; null where only the end of other builds can tell. */
  readonly estimatedAt: number | null;
}

/** Of a core in a checkpoint. */
export interface KeptLoad {
  readonly queue: KeptQueue;
  readonly underWay: readonly string[];
  readonly bucket: KeptBucket;
  /** Null: never. */
  readonly wasFullUntil: number | null;
}

interface Moment {
  readonly instanceId: string;
  readonly at: number;
}

/** What one core has been asked for and has not finished. Times in ms, of events. */
export class CoreLoad {
  readonly queue = new StartQueue();
  private readonly underWay = new Set<string>();
  private readonly bucket: TokenBucket;
  private readonly mostBuilds: number;
  private wasFullUntil = Number.NEGATIVE_INFINITY;

  constructor({ triggersPerHour, triggerBurst, buildsInFlight }: CoreLimits) {
    this.bucket = new TokenBucket({ perHour: triggersPerHour, capacity: triggerBurst });
    this.mostBuilds = buildsInFlight === 0 ? Number.POSITIVE_INFINITY : buildsInFlight;
  }

  get kept(): KeptLoad {
    const { wasFullUntil } = this;
    return {
      queue: this.queue.kept,
      underWay: [...this.underWay],
      bucket: this.bucket.kept,
      wasFullUntil: Number.isFinite(wasFullUntil) ? wasFullUntil : null,
    };
  }

  takeBack({ queue, underWay, bucket, wasFullUntil }: KeptLoad): void {
    for (const instanceId of queue.urgent) this.queue.add(instanceId, true);
    for (const instanceId of queue.others) this.queue.add(instanceId, false);
    for (const instanceId of underWay) this.underWay.add(instanceId);
    this.bucket.takeBack(bucket);
    this.wasFullUntil = wasFullUntil ?? Number.NEGATIVE_INFINITY;
  }

  get buildsInFlight(): number {
    return this.underWay.size;
  }

  follow({ instanceId, at }: Moment, before: Flight, after: Flight): void {
    if (isWaiting(after)) {
      this.queue.add(instanceId, after.order.priority === 'urgent');
    } else {
      this.queue.remove(instanceId);
    }
    const isBegun = after.phase === 'admitted' && before.phase !== 'admitted';
    if (isBegun) this.begin({ instanceId, at }, after);
    if (before.phase === 'admitted' && after.phase !== 'admitted') {
      this.end({ instanceId, at }, before);
    }
  }

  trigger(at: number): void {
    this.bucket.spend(at);
  }

  why(now: number): NoRoom | null {
    if (this.isFull) return 'builds-in-flight';
    return this.bucket.emptyUntil > now ? 'trigger-rate' : null;
  }

  roomAt(now: number): number {
    if (this.why(now) !== null) return 0;
    return Math.min(this.mostBuilds - this.underWay.size, Math.max(1, this.bucket.countAt(now)));
  }

  /** Last moment without room; Infinity while nobody can tell when there will be some. */
  get shutUntil(): number {
    if (this.isFull) return Number.POSITIVE_INFINITY;
    return Math.max(this.wasFullUntil, this.bucket.emptyUntil);
  }

  queued(instanceId: string, now: number): Queued | null {
    const place = this.queue.placeOf(instanceId);
    if (place === null) return null;
    const at = this.bucket.timeOf(place);
    return { place, estimatedAt: at === null ? null : Math.max(at, now) };
  }

  /** A script triggers nothing: its admission costs no token. */
  private begin({ instanceId, at }: Moment, { order }: Flight): void {
    this.underWay.add(instanceId);
    if (order.strategy !== 'script') this.trigger(at);
  }

  private end({ instanceId, at }: Moment, { order, isTriggered }: Flight): void {
    const wasFull = this.isFull;
    this.underWay.delete(instanceId);
    if (order.strategy !== 'script' && !isTriggered) this.bucket.giveBack(at);
    if (wasFull && !this.isFull) this.wasFullUntil = at;
  }

  private get isFull(): boolean {
    return this.underWay.size >= this.mostBuilds;
  }
}
