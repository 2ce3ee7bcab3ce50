import { isDeepStrictEqual } from 'node:util';
import type { StoredEvent } from '@uplift/contracts';
import {
  categoryOf,
  InvalidEventError,
  splitStreamName,
  toInstanceEvent,
  UndecodableMessageError,
} from '@uplift/contracts';
import type { Attempt, InstanceEvent, WorkOrder } from '@uplift/domain';
import { destinationsOf, isInFlight, resume, upgradeIdOf, workOrderOf } from '@uplift/domain';
import type { InstanceHistory, KnownInstance, StreamEnds } from '@uplift/event-store';
import { canonicalJson } from '@uplift/event-store';

/** What is left of a message that the store has vouched for. */
export type MessageReference = Pick<StoredEvent, 'id' | 'stream' | 'revision'>;

/** The store has no such event: the message was forged, or comes from a history that was lost. */
export class MessageNotInStoreError extends Error {
  readonly code = 'message-not-in-store';
  constructor(
    { id, stream, revision }: MessageReference,
    /** The stream does not reach as far. */
    readonly isAhead: boolean,
  ) {
    super(`The store has no event ${id} at ${stream}@${revision}`);
  }
}

/** Clocks that differ more are not believed. */
const LARGEST_DIFFERENCE_MS = 60_000;

/** A message that the store vouches for. */
export interface HeldMessage {
  /** As the store has it. */
  readonly event: StoredEvent;
  /** Of the attempt that the message belongs to. */
  readonly workOrder: WorkOrder;
  readonly instance: KnownInstance;
}

export interface MessageSource {
  readonly history: InstanceHistory;
  readonly ends: StreamEnds;
}

/**
 * Holds a message against the store, by one read of its stream's last event at most where nobody went on: it is no
 * proof of itself. Null if its attempt is over, as for most messages of a bus that was filled anew.
 *
 * @param isNew handed out for the first time: then an event that this process has just appended needs no read
 * @param isAhead it did not come over the bus: its time is that of this machine
 */
export async function holdAgainstStore(
  source: MessageSource,
  message: StoredEvent,
  { isNew, isAhead = false }: { readonly isNew: boolean; readonly isAhead?: boolean },
): Promise<HeldMessage | null> {
  if (categoryOf(message.stream) !== 'instance') {
    throw new UndecodableMessageError(`Event ${message.id} is of no instance`);
  }
  const last = isNew ? await lastEvent(source, message) : null;
  if (last !== null && isOver(message, last)) return null;
  const told: Told = { message, isAhead };
  return (last && openedBy(last, told)) ?? findInStream(source, told);
}

interface Told {
  readonly message: StoredEvent;
  readonly isAhead: boolean;
}

/** The end of the stream as far as it is known, at or after the message. */
async function lastEvent(
  { history, ends }: MessageSource,
  message: StoredEvent,
): Promise<StoredEvent> {
  const { stream, revision, recordedAt } = message;
  const own = await ends.takeOwn(stream, revision);
  const isKnown = own !== null && own.revision >= revision && isNear(own.recordedAt, recordedAt);
  if (isKnown) return { ...own, recordedAt };
  const last = await history.last(splitStreamName(stream).id);
  if (last === null || last.revision < revision) throw new MessageNotInStoreError(message, true);
  return last;
}

/** Of what was appended here only our own time is known: the message tells the store's, within reason. */
function isNear(own: string, message: string): boolean {
  return Math.abs(Date.parse(own) - Date.parse(message)) <= LARGEST_DIFFERENCE_MS;
}

/** What opens a stage needs no more than itself, as long as it is the last; null for anything else. */
function openedBy(last: StoredEvent, told: Told): HeldMessage | null {
  if (last.revision !== told.message.revision || last.damage !== undefined) return null;
  assertSame(last, told);
  const { revision, position, metadata } = last;
  const state = resume(readable(last));
  if (state === null) return null;
  const instance = { state, head: { revision, hash: metadata.hash }, position };
  return { event: last, workOrder: state.workOrder, instance };
}

async function findInStream(source: MessageSource, told: Told): Promise<HeldMessage> {
  const held = await findAgain(source, told.message);
  assertSame(held.event, told);
  return held;
}

/** The same message, of which only the reference was kept. */
export async function findAgain(
  { history }: MessageSource,
  message: MessageReference,
): Promise<HeldMessage> {
  const instance = await history.load(splitStreamName(message.stream).id);
  const event = await history.eventAt(instance, message);
  if (event?.id !== message.id) {
    throw new MessageNotInStoreError(message, instance.head.revision < message.revision);
  }
  return { event, workOrder: orderOf(event, readable(event), instance), instance };
}

/** What opens a stage carries it; any other message belongs to the newest attempt. */
function orderOf({ id }: StoredEvent, event: InstanceEvent, { state }: KnownInstance): WorkOrder {
  const newest = state.kind === 'absent' ? null : workOrderOf(state);
  const order = resume(event)?.workOrder ?? newest;
  if (order === null || upgradeIdOf(event) === null) {
    throw new UndecodableMessageError(`Event ${id} belongs to no upgrade`);
  }
  return order;
}

/** Whoever may read the bus knows ids and hashes: with them alone nothing is proved. */
function assertSame(stored: StoredEvent, told: Told): void {
  const { message } = told;
  const isSame =
    stored.id === message.id &&
    stored.type === message.type &&
    stored.stream === message.stream &&
    stored.position === message.position &&
    isOfSameTime(stored, told) &&
    stored.metadata.hash === message.metadata.hash &&
    isSameData(stored.data, message.data);
  if (!isSame) throw new MessageNotInStoreError(message, false);
}

/** Of what was handed over inside this process only our own time is known. */
function isOfSameTime({ recordedAt }: StoredEvent, { message, isAhead }: Told): boolean {
  return isAhead || recordedAt === message.recordedAt;
}

/** What was not read from the store may still have fields that no JSON has. */
function isSameData(stored: object, message: object): boolean {
  return isDeepStrictEqual(stored, message) || canonicalJson(stored) === canonicalJson(message);
}

/** Whether a later event tells that what the message opens is over: then nothing of it is due. */
function isOver(message: StoredEvent, last: StoredEvent): boolean {
  if (last.revision <= message.revision) return false;
  const [own, newest] = [attemptOf(message), attemptOf(last)];
  if (own === null || newest === null) return false;
  if (own.upgradeId !== newest.upgradeId || own.attempt !== newest.attempt) return true;
  return isOpening(message) && endsAttempt(last);
}

function attemptOf({ data }: StoredEvent): Partial<Attempt> | null {
  const { workOrder, ...own } = data as { workOrder?: Partial<Attempt> } & Partial<Attempt>;
  const { upgradeId, attempt } = workOrder ?? own;
  return upgradeId === undefined || attempt === undefined ? null : { upgradeId, attempt };
}

function isOpening({ data }: StoredEvent): boolean {
  return 'workOrder' in data;
}

function endsAttempt(last: StoredEvent): boolean {
  const destinations = destinationsOf(readable(last).type);
  return destinations.length > 0 && destinations.every((status) => !isInFlight(status));
}

/** Throws UndecodableMessageError for data that does not fit the event's schema. */
function readable(stored: StoredEvent): InstanceEvent {
  try {
    return toInstanceEvent(stored);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw new UndecodableMessageError(error.message, { cause: error });
  }
}
