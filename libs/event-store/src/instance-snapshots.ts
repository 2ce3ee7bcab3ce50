import type { StoredEvent } from '@uplift/contracts';
import { stateInSnapshot, unreadableReason } from '@uplift/contracts';
import type { CommandPage, InstanceSnapshot, InstanceState } from '@uplift/domain';
import { FOLD_VERSION } from '@uplift/domain';
import { canonicalJson, hasOwnHash } from './hash-chain';
import type { Remembered } from './stream-history';
import { UnreadableHistoryError } from './stream-history';
import type { StreamMemory } from './stream-memory';
import { lengthOf, memoryIn, remember, splitPage } from './stream-memory';

export type RememberedInstance = Remembered<InstanceState>;

/** One that would be larger is not taken: the event it goes ahead of must find its place. */
const LARGEST_SNAPSHOT = 128 * 1024;
/** Pages that go ahead of one append at most, with the snapshot about as large as the largest event. */
const MOST_PAGES_AHEAD = 8;

/**
 * What goes ahead of the next event. Commands that fill several pages, because nobody took a snapshot of them so far, are
 * cut into pages, which no reading begins at: they hold no state. With more of them than go ahead of one append, the
 * snapshot is left to a later one.
 */
export function snapshotsAhead(known: RememberedInstance, perPage: number): InstanceSnapshot[] {
  const { state, head, memory } = known;
  const { registration, notesInARow } = memory;
  if (registration === null || state.kind === 'absent') return [];
  const said = { foldVersion: FOLD_VERSION, registration, notesInARow };
  const { pages, rest } = cut(memory.commands, head.revision + 1, perPage);
  const held = pages.map((page) => ({ ...said, state: {}, commands: { ...page, closed: true } }));
  const closed = lengthOf(rest) >= perPage;
  const snapshot = { ...said, state, commands: { ...rest, closed } };
  const fits = JSON.stringify(snapshot).length <= LARGEST_SNAPSHOT && !isLong(rest, perPage);
  return fits ? [...held, snapshot] : held;
}

/** From the first commands on; the first page is to stand at this revision. */
function cut(commands: CommandPage, revision: number, perPage: number) {
  const pages: CommandPage[] = [];
  let rest = commands;
  while (isLong(rest, perPage) && pages.length < MOST_PAGES_AHEAD) {
    const at = { count: perPage, revision: revision + pages.length };
    const split = splitPage(rest, at);
    pages.push(split.first);
    rest = split.rest;
  }
  return { pages, rest };
}

/** A page is closed by the first snapshot that finds it full: longer than two, it comes from before there were any. */
function isLong(commands: CommandPage, perPage: number): boolean {
  return lengthOf(commands) > 2 * perPage;
}

/**
 * What a snapshot says of the stream up to it. Null for any other event, for a snapshot of another fold, and for one that
 * does not belong behind the event before it.
 */
export function knownBy(
  stored: StoredEvent | undefined,
  hashBefore: string | undefined,
): RememberedInstance | null {
  if (stored === undefined || hashBefore === undefined) return null;
  const state = stateAsOf(stored);
  if (state === null || !hasOwnHash(hashBefore, stored)) return null;
  const head = { revision: stored.revision, hash: stored.metadata.hash };
  const memory = memoryIn(stored.data as InstanceSnapshot, stored);
  return { state, head, position: stored.position, memory };
}

/** By what the event says alone. */
function stateAsOf(stored: StoredEvent): InstanceState | null {
  if (stored.type !== 'InstanceSnapshotTaken') return null;
  const snapshot = stored.data as InstanceSnapshot;
  const state = stateInSnapshot(snapshot);
  if (state === null || unreadableReason(stored) !== null) return null;
  return isOfThePast(snapshot, stored) ? state : null;
}

/** In what a snapshot differs from the events before it; empty for one at which no reading begins. */
export async function differencesOf(
  stored: StoredEvent,
  loadBefore: () => Promise<RememberedInstance>,
): Promise<readonly string[]> {
  if (stateAsOf(stored) === null) return [];
  const before = await loadBefore();
  const said = knownBy(stored, before.head.hash);
  if (said === null) return [];
  const told = partsOf(said.state, said.memory);
  const due = partsOf(before.state, remember(before.memory, stored));
  return Object.keys(due).filter(
    (part) => canonicalJson([told[part]]) !== canonicalJson([due[part]]),
  );
}

function partsOf(state: InstanceState, { commands, registration, notesInARow }: StreamMemory) {
  return { state, commands, registration, notesInARow } as Readonly<Record<string, unknown>>;
}

/** Without it nobody knows whether a command was given before: better no answer than a second effect. */
export function pageIn(
  stored: StoredEvent | undefined,
  at: { readonly stream: string; readonly revision: number },
): string {
  const isReadable = stored?.type === 'InstanceSnapshotTaken' && unreadableReason(stored) === null;
  if (isReadable) {
    return (stored.data as InstanceSnapshot).commands.page;
  }
  const detail = 'a later snapshot says that the earlier commands are listed here';
  const place = stored ?? { id: 'unknown', ...at };
  throw new UnreadableHistoryError(place, { reason: 'invalid-data', detail });
}

function isOfThePast({ registration, commands }: InstanceSnapshot, { revision }: StoredEvent) {
  const named = [...commands.earlier, revision];
  const { labelled = 0 } = registration;
  const isInOrder = named.every((each, n) => each > (named[n - 1] ?? 0));
  return isInOrder && Math.max(registration.revision, labelled) < revision;
}
