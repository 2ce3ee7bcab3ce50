import { isDeepStrictEqual } from 'node:util';
import {
  decodeEvent,
  decodeRelayProof,
  encodeEvent,
  UndecodableMessageError,
  type BusMessage,
  type RelayProof,
  type StoredEvent,
} from '@uplift/contracts';
import { loadOrEmpty, NO_STREAM, StreamGoneError, type EventStore } from './event-store.port';
import { hasOwnHash } from './hash-chain';

/** A message as the stream of the bus keeps it. */
export interface LoggedMessage extends BusMessage {
  readonly sequence: number;
}

/** A message that reads as the relay's. */
export interface MessageOfRelay {
  readonly event: StoredEvent;
  readonly proof: RelayProof;
  readonly sequence: number;
}

/** A message of the relay, whose event the store has. */
export interface Stored {
  readonly place: 'stored';
  readonly message: MessageOfRelay;
  /** Position in the store behind which the next event stands. */
  readonly after: bigint;
}

/** A message that no writer but ours can have made, of an event that the store does not have. */
export interface Lacking {
  readonly place: 'lacking';
  readonly message: MessageOfRelay;
}

export type RelayedMessage = Stored | Lacking;

/** Where the store has the event of a message. */
export type EventPlace =
  | 'stored'
  /** Its stream was deleted or cut, and its events are cleared away: it may have been there. */
  | 'gone'
  /** The store has an event with this id and hash in its place, with other content. */
  | 'changed'
  /** It follows from what the store has, and the store does not have it. */
  | 'lacking'
  /** It follows from nothing that the store has. */
  | 'forged';

/** In words why it does not. */
export function readAsRelayed(logged: LoggedMessage): MessageOfRelay | string {
  try {
    const event = decodeEvent(logged);
    const proof = decodeRelayProof(logged.headers);
    const { subject } = encodeEvent(event, proof);
    if (subject !== logged.subject) return 'its subject is not that of its event';
    if (proof.gap && proof.gap.last !== logged.sequence - 1) {
      return 'its gap does not stand before it';
    }
    return { event, proof, sequence: logged.sequence };
  } catch (error) {
    if (error instanceof UndecodableMessageError) return error.message;
    throw error;
  }
}

/** The sequence at which the message before it stands: always a smaller one. */
export function sequenceBefore({ proof: { gap }, sequence }: MessageOfRelay): number {
  return (gap?.first ?? sequence) - 1;
}

export function continues({ proof }: MessageOfRelay, before: MessageOfRelay): boolean {
  return proof.epoch === before.proof.epoch && proof.ordinal === before.proof.ordinal + 1;
}

export async function placeInStore(store: EventStore, event: StoredEvent): Promise<EventPlace> {
  const { stream, revision } = event;
  try {
    return placeAmong(await loadOrEmpty(store, stream, Math.max(0, revision - 1)), event);
  } catch (error) {
    if (error instanceof StreamGoneError) return placeInAll(store, event);
    throw error;
  }
}

/** What was deleted stays among all events until it is cleared away; then nothing can be compared. */
async function placeInAll(store: EventStore, event: StoredEvent): Promise<EventPlace> {
  const found = await store.eventAt(event.position);
  if (found === null) return 'gone';
  return isUnchanged(found, event) ? 'stored' : 'forged';
}

/** `around`: the events of its stream from the one before it. */
function placeAmong(around: readonly StoredEvent[], event: StoredEvent): EventPlace {
  const found = around.find(({ revision }) => revision === event.revision);
  const isThis = found?.id === event.id && found.metadata.hash === event.metadata.hash;
  if (isThis) return isUnchanged(found, event) ? 'stored' : 'changed';
  const previous = event.revision === 0 ? NO_STREAM.hash : around[0]?.metadata.hash;
  return follows(event, previous) ? 'lacking' : 'forged';
}

function follows(event: StoredEvent, previousHash: string | undefined): boolean {
  if (previousHash === undefined || event.damage !== undefined) return false;
  return hasOwnHash(previousHash, event);
}

/** As it would travel: the bus does not carry everything that somebody may have put into metadata. */
export function isUnchanged(found: StoredEvent, event: StoredEvent): boolean {
  const travelled = decodeEvent(encodeEvent(found, { ordinal: 1, epoch: '' }));
  return isDeepStrictEqual(travelled, event);
}
