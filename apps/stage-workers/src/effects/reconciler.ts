import type { Clock } from '@uplift/runtime';
import { failpoint } from '@uplift/runtime';
import type { Effect, Landed } from './effect.port';

export interface ReconcileOptions {
  /** Pause between two look-ups at first, in ms; later six times as long. */
  readonly intervalMs: number;
  /** Least time between the first and the last "not found" that prove absence, in ms. */
  readonly notFoundGapMs: number;
  /** A call may still land this long after it was made, in ms. */
  readonly settleWindowMs: number;
}

export type Finding<Trace> =
  | { readonly kind: 'landed'; readonly landed: Landed<Trace> }
  | { readonly kind: 'not-landed'; readonly lookUps: number; readonly waitedMs: number };

const QUICK_LOOK_UPS = 12;
const LATER = 6;

/**
 * Finds out what became of a call whose answer is not known. All times are monotonic and counted from when
 * this process first looked: neither a clock jump nor a restart shortens them.
 * A look-up that fails is thrown: it is not "not found".
 */
export async function reconcile<Trace>(
  effect: Effect<Trace>,
  { intervalMs, notFoundGapMs, settleWindowMs, stop }: ReconcileOptions & { stop: AbortSignal },
  clock: Clock,
): Promise<Finding<Trace>> {
  const since = clock.monotonic();
  let firstMiss: number | null = null;
  for (let lookUps = 1; ; lookUps++) {
    await failpoint(`${effect.name}.E3`);
    const [newest, ...older] = await effect.lookUp(stop);
    if (newest !== undefined) return { kind: 'landed', landed: [newest, ...older] };

    const now = clock.monotonic();
    firstMiss ??= now;
    const isProved = now - firstMiss >= notFoundGapMs && now - since >= settleWindowMs;
    if (isProved && lookUps > 1) {
      return { kind: 'not-landed', lookUps, waitedMs: Math.round(now - since) };
    }
    await clock.pause(lookUps > QUICK_LOOK_UPS ? intervalMs * LATER : intervalMs, stop);
  }
}
