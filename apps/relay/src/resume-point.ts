import { lastMessage, type BusConnection, type MessageOnBus } from '@uplift/bus';
import {
  DECISIONS_STREAM,
  decodeEvent,
  decodeRelayProof,
  UndecodableMessageError,
  type RelayProof,
  type StoredEvent,
} from '@uplift/contracts';
import { decisionsDecider, isAccepted, type DivergedMessage } from '@uplift/domain';
import { placeInStore, StreamHistory, type EventStore } from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';

export interface RelayContext {
  readonly bus: BusConnection;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The loop that publishes turns; called at least every few seconds, also while nothing happens. */
  readonly onBeat: () => void;
}

/** Where publishing goes on. */
export interface ResumePoint {
  /** Sequence of the last message on the bus, 0 if there is none. */
  readonly sequence: number;
  /** Position of its event in the store; null: start with the first event. */
  readonly after: bigint | null;
  readonly proof: RelayProof;
}

/** The bus holds something that the store does not: an operator has to decide which of them is right. */
export class DivergedError extends Error {
  readonly code = 'diverged';
  constructor(detail: string) {
    super(`DIVERGED: ${detail}`);
  }
}

/** Throws DivergedError, ResumePointLostError, EventStoreUnavailableError and the bus client's own errors. */
export async function findResumePoint(context: RelayContext): Promise<ResumePoint> {
  const { bus, store, randomness } = context;
  const last = await lastMessage(bus);
  if (!last) return { sequence: 0, after: null, proof: newEpoch(randomness) };
  const { sequence } = last;
  const { event, proof } = decode(last);
  if ((await placeInStore(store, event)) === 'stored') {
    return { sequence, after: event.position, proof };
  }
  if (await isStoreAccepted(store, { epoch: proof.epoch, sequence, eventId: event.id })) {
    return { sequence, after: null, proof: newEpoch(randomness) };
  }
  throw new DivergedError(
    `message ${sequence} is event ${event.id} at position ${event.position}, which the store does not have`,
  );
}

/** Every event of the store follows, whatever the bus holds already. */
function newEpoch(randomness: Randomness): RelayProof {
  return { ordinal: 0, epoch: randomness.uuid() };
}

async function isStoreAccepted(store: EventStore, message: DivergedMessage): Promise<boolean> {
  const decisions = new StreamHistory(store, 'relay', 'system', decisionsDecider);
  return isAccepted((await decisions.load(DECISIONS_STREAM)).state, message);
}

/** A sequence that was taken by somebody who is no relay leaves a hole behind. Throws DivergedError. */
export async function assertRelayed(bus: BusConnection, sequence: number): Promise<void> {
  const message = await bus.messageAt(sequence);
  if (message) decode(message);
}

/** Shortest pause between two looks; each is up to twice as long, so that two relays never keep step. */
const LOOK_MS = 400;

/** Another relay is at work: resolves when the bus has stood still between two looks and the store is ahead. */
export async function standBy(context: RelayContext, signal: AbortSignal): Promise<void> {
  const { bus, clock, randomness, onBeat } = context;
  let seen = await bus.lastSequence();
  for (;;) {
    await clock.pause(LOOK_MS * (1 + randomness.fraction()), signal);
    onBeat();
    const sequence = await bus.lastSequence();
    if (sequence < seen) return;
    if (sequence === seen && (await storeIsAhead(context))) return;
    seen = sequence;
  }
}

async function storeIsAhead({ store, bus }: RelayContext): Promise<boolean> {
  const [last, end] = await Promise.all([lastMessage(bus), store.lastPosition()]);
  if (end === null) return false;
  return !last || positionOf(last) < end;
}

/** A message that cannot be read is no sign of a relay at work: the next pass will say what is wrong. */
function positionOf(last: MessageOnBus): bigint {
  try {
    return decodeEvent(last).position;
  } catch (error) {
    if (error instanceof UndecodableMessageError) return -1n;
    throw error;
  }
}

function decode(last: MessageOnBus): { event: StoredEvent; proof: RelayProof } {
  try {
    return { event: decodeEvent(last), proof: decodeRelayProof(last.headers) };
  } catch (error) {
    if (!(error instanceof UndecodableMessageError)) throw error;
    throw new DivergedError(`message ${last.sequence} is not the relay's (${error.message})`);
  }
}
