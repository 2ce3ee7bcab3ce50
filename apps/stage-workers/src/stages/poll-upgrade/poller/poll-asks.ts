import type { LagoonDeployment } from '@uplift/lagoon';
import { groupedBy } from './grouped-by';
import type { Watch } from './watch';

/** One request about the builds of many watches. */
export type Ask =
  | { readonly kind: 'wave'; readonly bulkId: string; readonly watches: readonly Watch[] }
  /** The newest builds of each environment. */
  | { readonly kind: 'newest'; readonly watches: readonly Watch[] }
  /** Builds that are not among the newest of their environment. */
  | {
      readonly kind: 'named';
      readonly watches: readonly Watch[];
      readonly newest: ReadonlyMap<number, readonly LagoonDeployment[]>;
    };

export interface Timing {
  isDue(watch: Watch): boolean;
  /** Whether a watch that is not due may ride along in a request that is not full. */
  isSoon(watch: Watch): boolean;
}

/** The fewest requests that show every watch that is due; a wave is one request, whoever of it is due. */
export function asksFor(watches: Iterable<Watch>, timing: Timing, batch: number): Ask[] {
  const waves = groupedBy(watches, ({ watcher }) => watcher.target.bulkId);
  const asks: Ask[] = [];
  for (const [bulkId, ofWave] of waves) {
    if (bulkId === null) continue;
    const isDue = ofWave.some((watch) => timing.isDue(watch));
    if (isDue) asks.push({ kind: 'wave', bulkId, watches: ofWave });
  }
  const others = withCompany(waves.get(null) ?? [], timing, batch);
  return [...asks, ...newestAsks(others, batch)];
}

export function newestAsks(watches: readonly Watch[], batch: number): Ask[] {
  return requestsOf(watches, batch).map((some) => ({ kind: 'newest', watches: some }));
}

/** Who is due, and as many of those due soon as fill the last request. */
function withCompany(watches: readonly Watch[], timing: Timing, batch: number): Watch[] {
  const due = watches.filter((watch) => timing.isDue(watch));
  const free = (batch - (environmentsOf(due).size % batch)) % batch;
  if (due.length === 0 || free === 0) return due;
  const soon = watches.filter((watch) => !timing.isDue(watch) && timing.isSoon(watch));
  return [...due, ...soon.sort((one, other) => one.dueAt - other.dueAt).slice(0, free)];
}

/** Watches of one environment share its place in a request. */
function requestsOf(watches: readonly Watch[], batch: number): Watch[][] {
  const places = [...environmentsOf(watches).values()];
  const count = Math.ceil(places.length / batch);
  return Array.from({ length: count }, (_, n) => places.slice(n * batch, (n + 1) * batch).flat());
}

function environmentsOf(watches: readonly Watch[]): Map<number, Watch[]> {
  return groupedBy(watches, ({ watcher }) => watcher.target.environmentId);
}
