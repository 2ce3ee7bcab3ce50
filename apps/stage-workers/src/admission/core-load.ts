import type { NoRoom } from './admission-gate.port';
import type { CoreLimits } from './core-limits';
import { TokenBucket } from './token-bucket';

/** What one core has been asked for and has not finished. Times in ms, of events. */
export class CoreLoad {
  private readonly underWay = new Set<string>();
  private readonly bucket: TokenBucket;
  private readonly mostBuilds: number;
  private wasFullUntil = Number.NEGATIVE_INFINITY;

  constructor({ triggersPerHour, triggerBurst, buildsInFlight }: CoreLimits) {
    this.bucket = new TokenBucket({ perHour: triggersPerHour, capacity: triggerBurst });
    this.mostBuilds = buildsInFlight === 0 ? Number.POSITIVE_INFINITY : buildsInFlight;
  }

  get buildsInFlight(): number {
    return this.underWay.size;
  }

  begin(instanceId: string): void {
    this.underWay.add(instanceId);
  }

  trigger(at: number): void {
    this.bucket.spend(at);
  }

  end(instanceId: string, at: number): void {
    const wasFull = this.isFull;
    this.underWay.delete(instanceId);
    if (wasFull && !this.isFull) this.wasFullUntil = at;
  }

  why(now: number): NoRoom | null {
    if (this.isFull) return 'builds-in-flight';
    return this.bucket.emptyUntil > now ? 'trigger-rate' : null;
  }

  /** Last moment without room; Infinity while nobody can tell when there will be some. */
  get shutUntil(): number {
    if (this.isFull) return Number.POSITIVE_INFINITY;
    return Math.max(this.wasFullUntil, this.bucket.emptyUntil);
  }

  private get isFull(): boolean {
    return this.underWay.size >= this.mostBuilds;
  }
}
