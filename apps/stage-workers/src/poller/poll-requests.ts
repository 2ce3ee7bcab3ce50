import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';
import { deploymentPhase, LagoonRefusedError } from '@uplift/lagoon';
import type { Watch } from './deployment-watcher';

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

/**
 * The fewest requests that show every watch that is due, those first that are due for longest; a wave is one request,
 * whoever of it is due.
 */
export function asksFor(watches: Iterable<Watch>, timing: Timing, batch: number): Ask[] {
  const waves = groupedBy(watches, ({ watcher }) => watcher.target.bulkId);
  const asks: Ask[] = [];
  for (const [bulkId, ofWave] of waves) {
    if (bulkId === null) continue;
    const isDue = ofWave.some((watch) => timing.isDue(watch));
    if (isDue) asks.push({ kind: 'wave', bulkId, watches: ofWave });
  }
  const others = withCompany(waves.get(null) ?? [], timing, batch);
  return [...asks, ...newestAsks(others, batch)].sort((one, other) => dueAt(one) - dueAt(other));
}

function dueAt({ watches }: Ask): number {
  return watches.reduce((first, watch) => Math.min(first, watch.dueAt), Number.POSITIVE_INFINITY);
}

function newestAsks(watches: readonly Watch[], batch: number): Ask[] {
  return requestsOf(watches, batch).map((some) => ({ kind: 'newest', watches: some }));
}

/** Who is due, and as many of those due soon as fill the last request. */
function withCompany(watches: readonly Watch[], timing: Timing, batch: number): Watch[] {
  const due = watches
    .filter((watch) => timing.isDue(watch))
    .sort((one, other) => one.dueAt - other.dueAt);
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

type Rows = readonly LagoonDeployment[];
type AskOf<Kind extends Ask['kind']> = Extract<Ask, { kind: Kind }>;

export interface AskAnswer {
  readonly shown: readonly { readonly watch: Watch; readonly rows: Rows }[];
  /** Lagoon gave no answer for these, which says nothing about their builds. */
  readonly unanswered: readonly Watch[];
  /** What has to be asked before anything can be said about the rest. */
  readonly further: readonly Ask[];
}

export interface AskOptions {
  /** Most environments in one request. */
  readonly batch: number;
  readonly signal: AbortSignal;
}

/** Sends one request. Throws what Lagoon's reads throw. */
export function askLagoon(lagoon: Lagoon, ask: Ask, options: AskOptions): Promise<AskAnswer> {
  switch (ask.kind) {
    case 'wave':
      return askWave(lagoon, ask, options);
    case 'newest':
      return askNewest(lagoon, ask, options);
    case 'named':
      return askNamed(lagoon, ask, options);
  }
}

/** Who is missing from the wave, or cancelled, is looked up in its environment: others build there too. */
async function askWave(
  lagoon: Lagoon,
  { bulkId, watches }: AskOf<'wave'>,
  { batch, signal }: AskOptions,
): Promise<AskAnswer> {
  const builds = await buildsOfWave(lagoon, bulkId, signal);
  const byMarker = groupedBy(builds, ({ bulkName }) => bulkName);
  const answers = watches.map((watch) => {
    const rows = newestFirst(byMarker.get(watch.watcher.target.marker) ?? []);
    const ours = oursIn(rows, watch);
    const isAll = ours !== undefined && deploymentPhase(ours.status) !== 'cancelled';
    return { watch, rows, isAll };
  });
  const rest = answers.filter(({ isAll }) => !isAll).map(({ watch }) => watch);
  const shown = answers.filter(({ isAll }) => isAll);
  return { shown, unanswered: [], further: newestAsks(rest, batch) };
}

/** A user who may not list waves may still see each environment. */
async function buildsOfWave(lagoon: Lagoon, bulkId: string, signal: AbortSignal): Promise<Rows> {
  try {
    return await lagoon.deploymentsByBulkId(bulkId, signal);
  } catch (error) {
    if (error instanceof LagoonRefusedError) return [];
    throw error;
  }
}

async function askNewest(
  lagoon: Lagoon,
  { watches }: AskOf<'newest'>,
  { signal }: AskOptions,
): Promise<AskAnswer> {
  const ids = new Set(watches.map(({ watcher }) => watcher.target.environmentId));
  const lookups = [...ids].map((environmentId) => ({ environmentId }));
  const newest = await lagoon.deploymentsOfMany(lookups, signal);
  const { shown, unanswered } = sorted(watches, newest);
  const missing = shown.filter(({ watch, rows }) => oursIn(rows, watch) === undefined);
  const named: Ask = { kind: 'named', watches: missing.map(({ watch }) => watch), newest };
  return {
    shown: shown.filter((answer) => !missing.includes(answer)),
    unanswered,
    further: missing.length === 0 ? [] : [named],
  };
}

/** Builds of others may have pushed ours out of the newest: only by its name it can be said to be gone. */
async function askNamed(
  lagoon: Lagoon,
  { watches, newest }: AskOf<'named'>,
  { signal }: AskOptions,
): Promise<AskAnswer> {
  const lookups = watches.map(({ watcher: { target } }) => ({
    environmentId: target.environmentId,
    name: target.buildName,
  }));
  const named = await lagoon.deploymentsOfMany(lookups, signal);
  const { shown, unanswered } = sorted(watches, named);
  const whole = shown.map(({ watch, rows }) => ({
    watch,
    rows: newestFirst([...(newest.get(watch.watcher.target.environmentId) ?? []), ...rows]),
  }));
  return { shown: whole, unanswered, further: [] };
}

function sorted(watches: readonly Watch[], answers: ReadonlyMap<number, Rows>) {
  const rowsOf = ({ watcher }: Watch) => answers.get(watcher.target.environmentId);
  return {
    shown: watches.flatMap((watch) => {
      const rows = rowsOf(watch);
      return rows === undefined ? [] : [{ watch, rows: newestFirst(rows) }];
    }),
    unanswered: watches.filter((watch) => rowsOf(watch) === undefined),
  };
}

function oursIn(rows: Rows, { watcher }: Watch): LagoonDeployment | undefined {
  return rows.find(({ name }) => name === watcher.target.buildName);
}

function newestFirst(rows: Rows): LagoonDeployment[] {
  return [...rows].sort((one, other) => other.id - one.id);
}

/** Keys in the order of their first item. */
function groupedBy<Key, Item>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
