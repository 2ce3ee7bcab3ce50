import { refusal } from '@uplift/contracts';
import type { Clock, Configuration } from '@uplift/runtime';
import type { Principal } from './principal';
import { isCounted } from './principal';

export const RATE_SETTINGS = ['writesPerMinute', 'readsPerMinute'] as const;

const WINDOW_MS = 60_000;
/** Beyond them the oldest is forgotten: nobody gets there who has not a token for each. */
const MOST_WINDOWS = 20_000;

/** What one caller may send to this process in a minute; 0: as much as it likes. */
export type RequestRates = Readonly<Record<RequestKind, number>>;

export type RequestKind = 'writes' | 'reads';

export function ratesIn(
  configuration: Configuration<(typeof RATE_SETTINGS)[number]>,
): RequestRates {
  return { writes: configuration.writesPerMinute, reads: configuration.readsPerMinute };
}

/** What is left to a caller after a request. */
export interface Quota {
  readonly kind: RequestKind;
  readonly limit: number;
  readonly left: number;
  /** Until all of it is there again, at least 1. */
  readonly seconds: number;
}

interface Window {
  readonly endsAt: number;
  count: number;
}

/**
 * Counts what the holders of tokens send, each in minutes of its own: one begins with the first request after the last.
 * The root token, and callers without a token, are not counted.
 */
export class RequestLimiter {
  /** The one that ends first comes first. */
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly rates: RequestRates,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /** Windows that are remembered. */
  get size(): number {
    return this.windows.size;
  }

  /** `onQuota` is told what is left, before a refusal too. Throws `too-many-requests`. */
  take(principal: Principal, kind: RequestKind, onQuota?: (quota: Quota) => void): void {
    const limit = this.rates[kind];
    if (limit === 0 || !isCounted(principal)) return;
    const now = this.clock.monotonic();
    const window = this.windowOf(`${kind} ${principal.actor.id}`, now);
    const isSpent = window.count >= limit;
    if (!isSpent) window.count += 1;
    const seconds = Math.max(1, Math.ceil((window.endsAt - now) / 1_000));
    onQuota?.({ kind, limit, left: limit - window.count, seconds });
    if (isSpent) throw tooMany(kind, limit, seconds);
  }

  private windowOf(name: string, now: number): Window {
    this.forgetEnded(now);
    const known = this.windows.get(name);
    if (known !== undefined) return known;
    if (this.size >= MOST_WINDOWS) this.forgetFirst();
    const window = { endsAt: now + WINDOW_MS, count: 0 };
    this.windows.set(name, window);
    return window;
  }

  private forgetEnded(now: number): void {
    for (const [name, { endsAt }] of this.windows) {
      if (endsAt > now) return;
      this.windows.delete(name);
    }
  }

  private forgetFirst(): void {
    for (const name of this.windows.keys()) {
      this.windows.delete(name);
      return;
    }
  }
}

function tooMany(kind: RequestKind, limit: number, seconds: number) {
  const detail = `The holder of a token may send ${limit} ${kind} in a minute to one process: send the next in ${seconds} s`;
  return refusal('too-many-requests', detail, { retryAfterSeconds: seconds });
}
