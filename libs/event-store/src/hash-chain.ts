import { createHash } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import canonicalize from 'canonicalize';
import { EventTooLargeError, MAX_EVENT_BYTES, NO_STREAM } from './event-store.port';
import type { EventToAppend, StreamHead } from './event-store.port';

/** The part of a stored event that its hash covers: all that the writer decided. */
export type ChainedEvent = Pick<
  StoredEvent,
  'id' | 'type' | 'stream' | 'revision' | 'data' | 'metadata'
>;

/** An event with its place in the stream and its link, ready to be stored. */
export interface LinkedEvent extends ChainedEvent {
  /** What was hashed, as canonical JSON: metadata without the hash. */
  readonly hashed: { readonly data: string; readonly metadata: string };
  /** Size of data and metadata as JSON, in bytes. */
  readonly bytes: number;
}

export interface LinkedEvents {
  readonly events: readonly LinkedEvent[];
  readonly head: StreamHead;
}

const HASH_FIELD_BYTES = ',"hash":""'.length + 64;

/** JSON of RFC 8785: the same content gives the same text whatever the order of keys. */
export function canonicalJson(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only JSON content can be stored in an event');
  return text;
}

/** SHA-256 (hex) over the previous event's hash and the event without its own hash, as canonical JSON. */
export function hashOfEvent(previousHash: string, event: ChainedEvent): string {
  const { hash: _own, ...metadata } = event.metadata;
  return hashOf(previousHash, event, {
    data: canonicalJson(event.data),
    metadata: canonicalJson(metadata),
  });
}

/** Whether its hash is the one of its content and place; content that cannot be written as JSON has none. */
export function hasOwnHash(previousHash: string, event: ChainedEvent): boolean {
  try {
    return hashOfEvent(previousHash, event) === event.metadata.hash;
  } catch {
    return false;
  }
}

/** What every adapter checks before anything is sent. Names with `$` are the store's own. */
export function prepareAppend(
  stream: string,
  after: StreamHead,
  events: readonly EventToAppend[],
): LinkedEvents {
  if (stream === '' || stream.startsWith('$')) throw new RangeError(`No stream name: '${stream}'`);
  if (events.length === 0) throw new RangeError('An append needs at least one event');
  const linked = linkEvents(stream, after, events);
  for (const { type, bytes } of linked.events) {
    if (type === '' || type.startsWith('$')) throw new RangeError(`No event type: '${type}'`);
    if (bytes > MAX_EVENT_BYTES) throw new EventTooLargeError(type, bytes, MAX_EVENT_BYTES);
  }
  return linked;
}

/** Throws for what could be no type of ours: it goes into a pattern of the store. */
export function assertTypes(types: readonly string[]): void {
  const strange = types.find((type) => !/^\w+$/.test(type));
  if (strange !== undefined) throw new RangeError(`No type of events: '${strange}'`);
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
  const hashed = { data: canonicalJson(data), metadata: canonicalJson(event.metadata) };
  const bytes =
    Buffer.byteLength(hashed.data) + Buffer.byteLength(hashed.metadata) + HASH_FIELD_BYTES;
  const hash = hashOf(after.hash, { id, type, stream, revision }, hashed);
  return { id, type, stream, revision, data, metadata: { ...event.metadata, hash }, hashed, bytes };
}

/** Keys in the order of RFC 8785, so that the text is the canonical JSON of the whole. */
function hashOf(
  previousHash: string,
  event: Pick<ChainedEvent, 'id' | 'type' | 'stream' | 'revision'>,
  { data, metadata }: LinkedEvent['hashed'],
): string {
  const text =
    `{"data":${data},"id":${JSON.stringify(event.id)},"metadata":${metadata},` +
    `"previousHash":${JSON.stringify(previousHash)},"revision":${event.revision},` +
    `"stream":${JSON.stringify(event.stream)},"type":${JSON.stringify(event.type)}}`;
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

export type ChainFault =
  /** Revisions are missing: events were removed. */
  | 'gap'
  /** The revision was seen before: events were inserted or put in another order. */
  | 'order'
  /** The event belongs to another stream. */
  | 'foreign'
  /** Content, hash or predecessor differ from what was written. */
  | 'hash';

export type ChainVerdict =
  | { readonly valid: true; readonly head: StreamHead }
  | { readonly valid: false; readonly revision: number; readonly reason: ChainFault };

/**
 * Checks events of one stream in the order given, from its beginning or from a head that is trusted.
 * A cut tail leaves a valid chain: compare the verdict's head with one known from elsewhere.
 */
export function verifyChain(
  events: Iterable<ChainedEvent>,
  from: StreamHead = NO_STREAM,
): ChainVerdict {
  let head = from;
  let stream: string | undefined;
  for (const event of events) {
    stream ??= event.stream;
    const reason = faultOf(event, head, stream);
    if (reason) return { valid: false, revision: event.revision, reason };
    head = { revision: event.revision, hash: event.metadata.hash };
  }
  return { valid: true, head };
}

function faultOf(event: ChainedEvent, head: StreamHead, stream: string): ChainFault | undefined {
  if (event.stream !== stream) return 'foreign';
  if (event.revision > head.revision + 1) return 'gap';
  if (event.revision < head.revision + 1) return 'order';
  if (!hasOwnHash(head.hash, event)) return 'hash';
  return undefined;
}
