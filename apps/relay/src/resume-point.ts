import { randomUUID } from 'node:crypto';
import type { EventPublisher, MessageOnBus } from '@uplift/bus';
import {
  decodeEvent,
  decodeRelayProof,
  UndecodableMessageError,
  type RelayProof,
  type StoredEvent,
} from '@uplift/contracts';
import { StreamNotFoundError, type EventStore } from '@uplift/event-store';

/** Where publishing goes on. */
export interface ResumePoint {
  /** Sequence of the last message on the bus, 0 if there is none. */
  readonly sequence: number;
  /** Position of its event in the store; absent: start with the first event. */
  readonly after?: bigint;
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
export async function findResumePoint(
  publisher: EventPublisher,
  store: EventStore,
): Promise<ResumePoint> {
  const last = await publisher.lastMessage();
  if (!last) return { sequence: 0, proof: { ordinal: 0, epoch: randomUUID() } };
  const { event, proof } = decode(last);
  await assertStored(store, event, last.sequence);
  return { sequence: last.sequence, after: event.position, proof };
}

/** A sequence that was taken by somebody who is no relay leaves a hole behind. Throws DivergedError. */
export async function assertRelayed(publisher: EventPublisher, sequence: number): Promise<void> {
  const message = await publisher.messageAt(sequence);
  if (message) decode(message);
}

function decode(last: MessageOnBus): { event: StoredEvent; proof: RelayProof } {
  try {
    return { event: decodeEvent(last), proof: decodeRelayProof(last.headers) };
  } catch (error) {
    if (!(error instanceof UndecodableMessageError)) throw error;
    throw new DivergedError(`message ${last.sequence} is not the relay's (${error.message})`);
  }
}

async function assertStored(store: EventStore, event: StoredEvent, sequence: number) {
  const found = await eventAt(store, event);
  const same = found?.id === event.id && found.metadata.hash === event.metadata.hash;
  if (same && found.position === event.position) return;
  throw new DivergedError(
    `message ${sequence} is event ${event.id} at position ${event.position}, which the store does not have`,
  );
}

async function eventAt(store: EventStore, event: StoredEvent): Promise<StoredEvent | undefined> {
  try {
    const [found] = await store.load(event.stream, event.revision);
    return found;
  } catch (error) {
    if (error instanceof StreamNotFoundError) return undefined;
    throw error;
  }
}
