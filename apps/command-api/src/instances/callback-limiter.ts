import { Injectable } from '@nestjs/common';
import { refusal } from '@uplift/contracts';
import { Clock } from '@uplift/runtime';

/** What an instance may send in the long run, and at once after a pause. */
const EVERY_MS = 5_000;
const AT_ONCE = 12;
const MOST_INSTANCES = 50_000;

/** Bounds how often one instance reports its health. Whoever has paid its reports off is forgotten: that is within a minute. */
@Injectable()
export class CallbackLimiter {
  /** By instance, the one that was let in longest ago first: when all that it has sent is paid off. */
  private readonly paidOffAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Instances that are remembered. */
  get size(): number {
    return this.paidOffAt.size;
  }

  /** Throws `too-many-callbacks`. */
  take(instanceId: string): void {
    const now = this.clock.monotonic();
    this.forgetPaidOff(now);
    const earlier = this.paidOffAt.get(instanceId);
    if (earlier === undefined && this.size >= MOST_INSTANCES) throw tooMany(EVERY_MS);
    const paidOffAt = Math.max(earlier ?? now, now) + EVERY_MS;
    const waitMs = paidOffAt - now - AT_ONCE * EVERY_MS;
    if (waitMs > 0) throw tooMany(waitMs);
    this.paidOffAt.delete(instanceId);
    this.paidOffAt.set(instanceId, paidOffAt);
  }

  private forgetPaidOff(now: number): void {
    for (const [instanceId, paidOffAt] of this.paidOffAt) {
      if (paidOffAt > now) return;
      this.paidOffAt.delete(instanceId);
    }
  }
}

function tooMany(waitMs: number) {
  const seconds = Math.ceil(waitMs / 1_000);
  const detail = `One report in ${EVERY_MS / 1_000} s is taken, ${AT_ONCE} at once after a minute without one: send the next in ${seconds} s`;
  return refusal('too-many-callbacks', detail, { retryAfterSeconds: seconds });
}
