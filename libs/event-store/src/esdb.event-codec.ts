import type { RecordedEvent } from '@eventstore/db-client';
import type { StoredEvent, StoredEventMetadata } from '@uplift/contracts';
import { toStoredEvent } from '@uplift/contracts';
import { validate as isUuid } from 'uuid';
import { formatUuid } from './event-id';
import type { LinkedEvent } from './hash-chain';

/** Custom metadata as EventStoreDB keeps it: its own event id is taken from the hash. */
interface EsdbMetadata extends StoredEventMetadata {
  readonly eventId: string;
}

const encoder = new TextEncoder();

/** An event as it is sent: both texts as UTF-8. */
export interface EsdbEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/**
 * EventStoreDB takes an append for a repeat when the ids agree, whatever the content. Its event id is therefore made
 * from the event's hash: a repeat is then the same content on the same history, and the head computed by the writer
 * is the one that is stored. The id of the port travels in the custom metadata.
 *
 * Data and metadata go through as the text that was hashed, and metadata then has what the hash does not cover.
 */
export function toEsdbEvent({ id, type, metadata, hashed }: LinkedEvent): EsdbEvent {
  const beside = JSON.stringify({ eventId: id, hash: metadata.hash }).slice(1);
  return {
    id: uuidOfHash(metadata.hash),
    type,
    data: encoder.encode(hashed.data),
    metadata: encoder.encode(`${hashed.metadata.slice(0, -1)},${beside}`),
  };
}

/** Total: other programs may have written anything. */
export function fromEsdbEvent(event: RecordedEvent, position: bigint): StoredEvent {
  const { id, metadata } = metadataOf(event);
  return toStoredEvent({
    id,
    type: event.type,
    stream: event.streamId,
    revision: Number(event.revision),
    position,
    recordedAt: event.created.toISOString(),
    data: event.data,
    metadata,
  });
}

function metadataOf({ id, metadata }: RecordedEvent): { id: string; metadata: unknown } {
  const given: unknown = metadata;
  if (typeof given !== 'object' || given === null || given instanceof Uint8Array) {
    return { id, metadata };
  }
  const { eventId, ...rest } = given as Partial<EsdbMetadata>;
  return { id: eventId !== undefined && isUuid(eventId) ? eventId : id, metadata: rest };
}

/** Custom UUID of RFC 9562, version 8: 122 bits of the hash. */
function uuidOfHash(hash: string): string {
  return formatUuid(`${hash.slice(0, 12)}8${hash.slice(13, 16)}8${hash.slice(17, 32)}`);
}
