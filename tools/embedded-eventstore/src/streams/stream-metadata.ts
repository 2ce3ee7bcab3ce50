import { randomUUID } from 'node:crypto';
import {
  TOMBSTONE_REVISION,
  type LogRecord,
  type StreamView,
} from '../persistence/record-log.port';
import { streams } from '../protocol/messages';
import type { AppendRequest, ProposedEvent } from './append-request';

const METADATA_TYPE = '$metadata';

/** `$tb` of a soft-deleted stream, as text: the number does not survive `JSON.parse` exactly. */
const SOFT_DELETED_METADATA = '{"$tb":9223372036854775807}';
const SOFT_DELETED_FROM = 2 ** 63;

interface StreamMetadata {
  readonly maxCount: number;
  readonly maxAgeSeconds: number;
  readonly truncateBefore: number;
}

const NO_METADATA = parseMetadata(Buffer.from('{}'));

/** What metadata lets a reader see of a stream. */
interface VisibleRange {
  readonly isSoftDeleted: boolean;
  /** First visible revision. */
  readonly first: number;
  isYoungEnough(record: LogRecord): boolean;
}

/** One event for the `$$` stream that describes a stream. */
interface MetadataWrite {
  readonly stream: string;
  readonly event: ProposedEvent;
}

export function metadataStreamOf(stream: string): string {
  return `$$${stream}`;
}

/** The stream that a `$$` stream describes, undefined for an ordinary stream. */
export function describedStreamOf(stream: string): string | undefined {
  return stream.startsWith('$$') ? stream.slice(2) : undefined;
}

/** `now` in milliseconds since 1970. */
export function visibleRangeOf(view: StreamView, stream: string, now: number): VisibleRange {
  const metadata = metadataOf(view, stream);
  const { maxAgeSeconds, truncateBefore } = metadata;
  // Metadata is replaced, not added to.
  const maxCount = describedStreamOf(stream) === undefined ? metadata.maxCount : 1;
  const first = Math.max(0, truncateBefore, view.lastRevision(stream) - maxCount + 1);
  const oldest = now - maxAgeSeconds * 1000;
  return {
    isSoftDeleted: hidesEverything(metadata),
    first: Math.min(first, TOMBSTONE_REVISION),
    isYoungEnough: (record) => record.createdAt >= oldest,
  };
}

export function isSoftDeleted(view: StreamView, stream: string): boolean {
  return hidesEverything(metadataOf(view, stream));
}

/** Does this append delete a stream by way of its metadata? */
export function isSoftDeletion({ stream, events }: AppendRequest): boolean {
  if (describedStreamOf(stream) === undefined) return false;
  return events.some(({ body }) => hidesEverything(parseMetadata(body)));
}

/** Replaces the metadata of the stream by one that hides all events. */
export function softDeletion(stream: string): MetadataWrite {
  return metadataWrite(stream, Buffer.from(SOFT_DELETED_METADATA));
}

/**
 * Writing to a soft-deleted stream, or to its metadata, brings the stream back to life; the metadata
 * written along with it keeps the old events hidden. Asked before the write is assigned, with the body
 * of its last event.
 */
export function revivalOf(
  view: StreamView,
  stream: string,
  lastBody: Uint8Array,
): MetadataWrite | undefined {
  const described = describedStreamOf(stream);
  const target = described ?? stream;
  const stored = metadataBodyOf(view, target);
  if (!stored || !hidesEverything(parseMetadata(stored))) return undefined;
  const body = described === undefined ? stored : lastBody;
  const fields = { ...parseObject(body), $tb: view.lastRevision(target) + 1 };
  return metadataWrite(target, Buffer.from(JSON.stringify(fields)));
}

export function systemEvent(type: string, body: Uint8Array): ProposedEvent {
  const customMetadata = Buffer.alloc(0);
  return { id: randomUUID(), type, contentType: 'application/json', customMetadata, body };
}

function metadataWrite(stream: string, body: Uint8Array): MetadataWrite {
  return { stream: metadataStreamOf(stream), event: systemEvent(METADATA_TYPE, body) };
}

function metadataOf(view: StreamView, stream: string): StreamMetadata {
  const body = metadataBodyOf(view, stream);
  return body ? parseMetadata(body) : NO_METADATA;
}

/** Body of the last metadata event of a stream, undefined when none was ever written. */
function metadataBodyOf(view: StreamView, stream: string): Uint8Array | undefined {
  return lastBodyOf(view, metadataStreamOf(stream));
}

/** What the last event of a stream says; nothing where that is no JSON object. */
export function lastFieldsOf(view: StreamView, stream: string): Readonly<Record<string, unknown>> {
  const body = lastBodyOf(view, stream);
  return body ? parseObject(body) : {};
}

export function textOf(record: LogRecord): string {
  return Buffer.from(recordedIn(record)?.getData_asU8() ?? []).toString();
}

function lastBodyOf(view: StreamView, stream: string): Uint8Array | undefined {
  const revision = view.lastRevision(stream);
  const record = revision === -1 ? undefined : view.recordAt(stream, revision);
  if (!record) return undefined;
  const event = recordedIn(record);
  const isJson = event?.getMetadataMap().get('content-type') === 'application/json';
  return isJson ? event?.getData_asU8() : Buffer.from('{}');
}

function recordedIn({ message }: LogRecord) {
  return streams.ReadResp.deserializeBinary(message).getEvent()?.getEvent();
}

function hidesEverything({ truncateBefore }: StreamMetadata): boolean {
  return truncateBefore >= SOFT_DELETED_FROM;
}

function parseMetadata(body: Uint8Array): StreamMetadata {
  const { $maxCount, $maxAge, $tb } = parseObject(body);
  const truncateBefore = positive($tb) ?? 0;
  const isIgnored = truncateBefore > Number.MAX_SAFE_INTEGER && truncateBefore < SOFT_DELETED_FROM;
  return {
    maxCount: positive($maxCount) ?? Infinity,
    maxAgeSeconds: positive($maxAge) ?? Infinity,
    truncateBefore: isIgnored ? 0 : truncateBefore,
  };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
