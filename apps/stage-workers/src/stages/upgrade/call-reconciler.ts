import type { WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';
import { pause } from '../../runner/pause';

export interface ReconcileOptions {
  /** Pause between two look-ups, in ms. */
  readonly intervalMs: number;
  /** Least time between the first and the last "not found" that prove absence, in ms. */
  readonly notFoundGapMs: number;
  /** A call may still land this long after it was made, in ms. */
  readonly settleWindowMs: number;
}

export type Finding =
  | { readonly kind: 'landed'; readonly newest: LagoonDeployment; readonly all: readonly string[] }
  | { readonly kind: 'not-landed'; readonly lookUps: number; readonly waitedMs: number };

const NEWEST_BUILDS = 20;

/**
 * Finds out what became of a call whose answer is not known. All times are monotonic and counted from when
 * this process first looked: neither a clock jump nor a restart shortens them.
 * A look-up that fails is thrown: it is not "not found".
 */
export async function reconcile(
  lagoon: Lagoon,
  order: WorkOrder,
  { intervalMs, notFoundGapMs, settleWindowMs }: ReconcileOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const since = performance.now();
  let firstMiss: number | null = null;
  for (let lookUps = 1; ; lookUps++) {
    const builds = await buildsOf(lagoon, order, signal);
    const [newest] = builds;
    if (newest !== undefined)
      return { kind: 'landed', newest, all: builds.map(({ name }) => name) };

    const now = performance.now();
    firstMiss ??= now;
    const isProved = now - firstMiss >= notFoundGapMs && now - since >= settleWindowMs;
    if (isProved && lookUps > 1) {
      return { kind: 'not-landed', lookUps, waitedMs: Math.round(now - since) };
    }
    await pause(intervalMs, signal);
  }
}

/** Builds that carry the attempt's marker, newest first. */
async function buildsOf(
  lagoon: Lagoon,
  order: WorkOrder,
  signal: AbortSignal,
): Promise<LagoonDeployment[]> {
  if (order.located === null) return [];
  const marker = markerOf(order);
  const { environmentId } = order.located;
  const deployments = await lagoon.deploymentsOf(environmentId, { limit: NEWEST_BUILDS }, signal);
  return deployments.filter(({ bulkName }) => bulkName === marker).sort((a, b) => b.id - a.id);
}
