import type { StoredEvent } from '@uplift/contracts';
import { stateInSnapshot } from '@uplift/contracts';
import type { CommandPage, InstanceRegistration, InstanceSnapshot } from '@uplift/domain';

/** What commands are answered by beside the state, as far as the events of a stream tell. */
export interface StreamMemory {
  readonly commands: CommandPage;
  /** How many of the last events only noted a command that changed nothing. */
  readonly notesInARow: number;
  /** Of an instance: the newest. */
  readonly registration: InstanceRegistration | null;
  /** Time of the newest event; null without one. */
  readonly recordedAt: string | null;
  /** Events behind the newest snapshot of this fold, or behind the beginning of the stream. */
  readonly sinceSnapshot: number;
}

export const NO_MEMORY: StreamMemory = {
  commands: { page: '', earlier: [] },
  notesInARow: 0,
  registration: null,
  recordedAt: null,
  sinceSnapshot: 0,
};

const KEY = 8;
const ENTRY = 16;

/** What is remembered after one more event of the stream. */
export function remember(before: StreamMemory, stored: StoredEvent): StreamMemory {
  const { type, recordedAt } = stored;
  const sinceSnapshot = before.sinceSnapshot + 1;
  if (type === 'InstanceSnapshotTaken') return afterSnapshot(before, stored);
  return {
    commands: isOfCommand(stored) ? withCommand(before.commands, stored) : before.commands,
    notesInARow: type === 'CommandNoted' ? before.notesInARow + 1 : 0,
    registration: registrationAfter(before.registration, stored),
    recordedAt,
    sinceSnapshot,
  };
}

/** What is remembered after a snapshot, by what it says itself. */
export function memoryIn(snapshot: InstanceSnapshot, { revision, recordedAt }: StoredEvent) {
  const { notesInARow, registration } = snapshot;
  return {
    commands: pageAfter(snapshot, revision),
    notesInARow,
    registration,
    recordedAt,
    sinceSnapshot: 0,
  };
}

/** How many commands are on a page. */
export function lengthOf({ page }: CommandPage): number {
  return page.length / ENTRY;
}

/** Its first commands, so many, as a page of their own, and the others as the page that follows it. */
export function splitPage({ page, earlier }: CommandPage, { count, revision }: PageEnd) {
  const end = count * ENTRY;
  const first: CommandPage = { page: page.slice(0, end), earlier };
  const rest: CommandPage = { page: page.slice(end), earlier: [...earlier, revision] };
  return { first, rest };
}

interface PageEnd {
  readonly count: number;
  /** Of the snapshot that is to hold the page. */
  readonly revision: number;
}

/** The revisions at which a command may have left its last event, newest first: the keys of other ids may be the same. */
export function placesOf(commandId: string, page: string): readonly number[] {
  const key = keyOf(commandId);
  const places: number[] = [];
  for (let at = page.length - ENTRY; at >= 0; at -= ENTRY) {
    if (page.startsWith(key, at)) places.push(Number(page.slice(at + KEY, at + ENTRY)));
  }
  return places;
}

/** What it says is believed as far as its stream says the same. */
function afterSnapshot(before: StreamMemory, stored: StoredEvent): StreamMemory {
  const { recordedAt, revision } = stored;
  const snapshot = stored.data as InstanceSnapshot;
  const isWhole = isSamePage(snapshot.commands, before.commands);
  const isBeginning = isWhole && stateInSnapshot(snapshot) !== null;
  return {
    ...before,
    commands: withoutClosed(before.commands, snapshot.commands, revision),
    recordedAt,
    sinceSnapshot: isBeginning ? 0 : before.sinceSnapshot + 1,
  };
}

/** The list of commands is the same by every fold: whichever closed a page, the page is closed. */
function withoutClosed(
  before: CommandPage,
  { page, earlier, closed }: InstanceSnapshot['commands'],
  revision: number,
): CommandPage {
  const isClosed = closed && before.page.startsWith(page) && isSameEarlier(before, { earlier });
  return isClosed ? splitPage(before, { count: page.length / ENTRY, revision }).rest : before;
}

function isSamePage(one: CommandPage, other: CommandPage): boolean {
  return one.page === other.page && isSameEarlier(one, other);
}

function isSameEarlier(one: Pick<CommandPage, 'earlier'>, other: Pick<CommandPage, 'earlier'>) {
  return one.earlier.join() === other.earlier.join();
}

/** A full page stays in the snapshot that holds it. */
function pageAfter({ commands }: InstanceSnapshot, revision: number): CommandPage {
  const { page, earlier, closed } = commands;
  return closed ? { page: '', earlier: [...earlier, revision] } : { page, earlier };
}

/** Events of earlier builds carry no fingerprint. */
function isOfCommand({ metadata }: StoredEvent): boolean {
  return metadata.commandFingerprint !== undefined || metadata.service === 'command-api';
}

function withCommand({ page, earlier }: CommandPage, { metadata, revision }: StoredEvent) {
  const place = String(revision).padStart(ENTRY - KEY, '0');
  return { page: page + keyOf(metadata.$causationId) + place, earlier };
}

/** Ids of commands are UUIDs; whatever else is taken for one has a key, too. */
function keyOf(commandId: string): string {
  return commandId
    .slice(0, KEY)
    .replace(/[^0-9a-f]/g, '-')
    .padEnd(KEY, '-');
}

function registrationAfter(
  before: InstanceRegistration | null,
  event: StoredEvent,
): InstanceRegistration | null {
  if (event.type === 'InstanceRegistered') return { revision: event.revision, ...placeIn(event) };
  return event.type === 'InstanceUpdated' && before !== null ? updated(before, event) : before;
}

function updated(before: InstanceRegistration, event: StoredEvent): InstanceRegistration {
  const placed = placeIn(event);
  const { labels } = event.data as { readonly labels?: object };
  if (placed === undefined && labels === undefined) return before;
  const { labelled = before.revision } = before;
  return { ...before, ...placed, labelled: labels === undefined ? labelled : event.revision };
}

/** Undefined where the event says nothing of the environment. */
function placeIn({ data, revision }: StoredEvent) {
  const { environmentId } = data as { readonly environmentId?: string };
  return environmentId === undefined ? undefined : { revision, environmentId };
}
