import type { BusConnection, MessageOnBus } from '@uplift/bus';
import type { RelayProof, StoredEvent } from '@uplift/contracts';
import { decodeEvent, decodeRelayProof, UndecodableMessageError } from '@uplift/contracts';
import type { EventStore } from '@uplift/event-store';
import { placeInStore } from '@uplift/event-store';

/**
 * A message that reads like one of the relay's. A reader of the bus drops one whose body or subject is wrong; here it
 * keeps its place among the events, so that what differs can be told.
 */
export interface AuditedMessage {
  readonly sequence: number;
  readonly event: StoredEvent;
  readonly proof: RelayProof;
  /** Why its body cannot be read; absent if it can. */
  readonly bodyFault?: string;
}

/** Where an audit of the bus begins: right behind a message, and behind its event in the store. */
export interface BusPlace {
  /** Null: nothing on the bus is the relay's. */
  readonly epoch: string | null;
  readonly sequence: number;
  readonly ordinal: number;
  readonly after: bigint | null;
}

export interface AuditedParts {
  readonly bus: BusConnection;
  readonly store: EventStore;
  /** Called before each read: work that goes on is no hang. What it throws ends the work. */
  readonly onStep: () => void;
}

/** Messages in a row that are no relay's are passed over up to this many when a place is looked for. */
const MOST_PASSED = 1_000;
const EMPTY_BODY = new TextEncoder().encode('{}');

/** Why a message is not the relay's, in words, or what it says. */
export function relayed(message: MessageOnBus): AuditedMessage | string {
  const { sequence, headers } = message;
  try {
    const head = decodeEvent({ headers, payload: EMPTY_BODY });
    const read = { sequence, event: head, proof: decodeRelayProof(headers) };
    return { ...read, ...bodyOf(message) };
  } catch (error) {
    if (error instanceof UndecodableMessageError) return error.message;
    throw error;
  }
}

function bodyOf(message: MessageOnBus): { event: StoredEvent } | { bodyFault: string } {
  try {
    return { event: decodeEvent(message) };
  } catch (error) {
    if (error instanceof UndecodableMessageError) return { bodyFault: error.message };
    throw error;
  }
}

/**
 * The beginning of the newest epoch or, with `newest`, a place so many messages before the end of it. `last` is the
 * last sequence of the bus.
 */
export async function findPlace(
  parts: AuditedParts,
  last: number,
  newest?: number,
): Promise<BusPlace> {
  const end = await newestOfRelay(parts, last);
  if (end === null) return { epoch: null, sequence: 0, ordinal: 0, after: null };
  const first = await firstOfEpoch(parts, end);
  const near = newest === undefined ? 0 : end.sequence - newest;
  const anchor = near > first.sequence ? await storedFrom(parts, near, end) : null;
  const { epoch } = end.proof;
  if (anchor === null) {
    return { epoch, sequence: await beforeForged(parts, first.sequence), ordinal: 0, after: null };
  }
  const { sequence, proof, event } = anchor;
  return { epoch, sequence, ordinal: proof.ordinal, after: event.position };
}

/** The newest message whose event the store has; if it has none of them, the newest that reads like the relay's. */
async function newestOfRelay(parts: AuditedParts, last: number): Promise<AuditedMessage | null> {
  let readable: AuditedMessage | null = null;
  for (let sequence = last; sequence > Math.max(0, last - MOST_PASSED); sequence -= 1) {
    const message = await readAt(parts, sequence);
    if (message === null) continue;
    readable ??= message;
    if (await isStored(parts, message)) return message;
  }
  return readable;
}

/** Ordinals count the messages of an epoch, and messages that are no relay's come on top. */
async function firstOfEpoch(parts: AuditedParts, of: AuditedMessage): Promise<AuditedMessage> {
  let first = of;
  while (first.proof.ordinal > 1) {
    const from = Math.max(1, first.sequence - first.proof.ordinal + 1);
    const { epoch } = of.proof;
    const before = await findFrom(
      parts,
      from,
      first.sequence,
      ({ proof }) => proof.epoch === epoch,
    );
    if (before === null) return first;
    first = before;
  }
  return first;
}

async function storedFrom(parts: AuditedParts, from: number, end: AuditedMessage) {
  let at = from;
  for (let n = 0; n < MOST_PASSED; n += 1) {
    const { epoch } = end.proof;
    const found = await findFrom(parts, at, end.sequence, ({ proof }) => proof.epoch === epoch);
    if (found === null || (await isStored(parts, found))) return found;
    at = found.sequence + 1;
  }
  return null;
}

/** Messages right before the first of an epoch that are no relay's at all belong to the audit, too. */
async function beforeForged(parts: AuditedParts, first: number): Promise<number> {
  for (let sequence = first - 1; sequence > Math.max(0, first - MOST_PASSED); sequence -= 1) {
    if ((await readAt(parts, sequence)) !== null) return sequence;
  }
  return 0;
}

async function findFrom(
  { bus, onStep }: AuditedParts,
  from: number,
  before: number,
  isWanted: (message: AuditedMessage) => boolean,
): Promise<AuditedMessage | null> {
  let at = from;
  for (let n = 0; n < MOST_PASSED && at < before; n += 1) {
    onStep();
    const message = await bus.messageFrom(at);
    if (message === null || message.sequence >= before) return null;
    const read = relayed(message);
    if (typeof read !== 'string' && isWanted(read)) return read;
    at = message.sequence + 1;
  }
  return null;
}

async function readAt(parts: AuditedParts, sequence: number): Promise<AuditedMessage | null> {
  parts.onStep();
  const message = await parts.bus.messageAt(sequence);
  const read = message && relayed(message);
  return read === null || typeof read === 'string' ? null : read;
}

async function isStored(parts: AuditedParts, { event }: AuditedMessage): Promise<boolean> {
  parts.onStep();
  return (await placeInStore(parts.store, event)) === 'stored';
}
