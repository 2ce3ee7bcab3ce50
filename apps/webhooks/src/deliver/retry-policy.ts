import type { Randomness } from '@uplift/runtime';

export interface RetryTimes {
  /** Before the second attempt; each pause is up to twice as long as the one before. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Statuses that say that the receiver cannot answer anybody now. */
const AWAY = [408, 425, 429];

export function outcomeOf(status: number): 'delivered' | 'refused' | 'away' {
  if (status >= 200 && status < 300) return 'delivered';
  return status >= 500 || AWAY.includes(status) ? 'away' : 'refused';
}

/** In words for a person. */
export function detailOf(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/** Doubling up to a limit, half of it by chance. */
export function pauseAfter(
  failures: number,
  { firstMs, longestMs }: RetryTimes,
  randomness: Randomness,
): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return Math.round(full / 2 + (full / 2) * randomness.fraction());
}

/** What a receiver asks for, in ms from now; 0 for what is no time. */
export function askedPause(retryAfter: string | undefined, now: number, longestMs: number): number {
  if (retryAfter === undefined) return 0;
  const isSeconds = /^\d{1,9}$/.test(retryAfter);
  const ms = isSeconds ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestMs) : 0;
}
