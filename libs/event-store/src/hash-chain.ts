import { createHash } from 'node:crypto';
import type { StoredEvent, StoredEventMetadata } from '@uplift/contracts';
import { canonicalJson } from './canonical-json';
import type { EventToAppend, StreamHead } from './event-store.port';

/** The part of a stored event that its hash covers: all that the writer decided. */
export type ChainedEvent = Pick<
  StoredEvent,
  'id' | 'type' | 'stream' | 'revision' | 'data' | 'metadata'
>;

/** An event with its place in the stream and its link, ready to be stored. */
export interface LinkedEvent extends ChainedEvent {
  /** Size of data and metadata as JSON, in bytes. */
  readonly bytes: number;
}

export interface LinkedEvents {
  readonly events: readonly LinkedEvent[];
  readonly head: StreamHead;
}

const HASH_FIELD_BYTES = ',"hash":""'.length + 64;

/** SHA-256 (hex) over the previous event's hash and the event without its own hash, as canonical JSON. */
export function hashOfEvent(previousHash: string, event: ChainedEvent): string {
  const { hash: _own, ...metadata } = event.metadata;
  return hashOf(previousHash, event, canonicalJson(event.data), canonicalJson(metadata));
}

/** Gives each event its revision and its link to the one before it. */
export function linkEvents(
  stream: string,
  after: StreamHead,
  events: readonly EventToAppend[],
): LinkedEvents {
  const linked: LinkedEvent[] = [];
  let head = after;
  for (const event of events) {
    const next = linkEvent(stream, head, event);
    linked.push(next);
    head = { revision: next.revision, hash: next.metadata.hash };
  }
  return { events: linked, head };
}

function linkEvent(stream: string, after: StreamHead, event: EventToAppend): LinkedEvent {
  const { id, type, data } = event;
  const revision = after.revision + 1;
  const dataJson = canonicalJson(data);
  const metadataJson = canonicalJson(event.metadata);
  const hash = hashOf(after.hash, { id, type, stream, revision }, dataJson, metadataJson);
  const metadata: StoredEventMetadata = { ...event.metadata, hash };
  const bytes = Buffer.byteLength(dataJson) + Buffer.byteLength(metadataJson) + HASH_FIELD_BYTES;
  return { id, type, stream, revision, data, metadata, bytes };
}

/** Keys in the order of RFC 8785, so that the text is the canonical JSON of the whole. */
function hashOf(
  previousHash: string,
  event: Pick<ChainedEvent, 'id' | 'type' | 'stream' | 'revision'>,
  dataJson: string,
  metadataJson: string,
): string {
  const text =
    `{"data":${dataJson},"id":${JSON.stringify(event.id)},"metadata":${metadataJson},` +
    `"previousHash":${JSON.stringify(previousHash)},"revision":${event.revision},` +
    `"stream":${JSON.stringify(event.stream)},"type":${JSON.stringify(event.type)}}`;
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
