import { streams } from '../wire/generated';
import type { StreamView } from '../log/record-log.port';

export const METADATA_TYPE = '$metadata';

/** `$tb` of a soft-deleted stream, as text: the number does not survive `JSON.parse` exactly. */
export const SOFT_DELETED_METADATA = '{"$tb":9223372036854775807}';
const SOFT_DELETED_FROM = 2 ** 63;

export interface StreamMetadata {
  readonly maxCount?: number;
  readonly maxAgeSeconds?: number;
  readonly truncateBefore?: number;
}

const NONE: StreamMetadata = {};

export function metadataStreamOf(stream: string): string {
  return `$$${stream}`;
}

/** The stream that a `$$` stream describes, undefined for an ordinary stream. */
export function describedStreamOf(stream: string): string | undefined {
  return stream.startsWith('$$') ? stream.slice(2) : undefined;
}

export function isSoftDeleted(metadata: StreamMetadata): boolean {
  return (metadata.truncateBefore ?? 0) >= SOFT_DELETED_FROM;
}

export function parseStreamMetadata(body: Uint8Array): StreamMetadata {
  const fields = parseObject(body);
  return {
    ...numberFrom(fields.$maxCount, (maxCount) => ({ maxCount })),
    ...numberFrom(fields.$maxAge, (maxAgeSeconds) => ({ maxAgeSeconds })),
    ...numberFrom(fields.$tb, (truncateBefore) => ({ truncateBefore })),
  };
}

/** The same metadata with another `$tb`, everything else kept. */
export function withTruncateBefore(body: Uint8Array, revision: number): Uint8Array {
  return Buffer.from(JSON.stringify({ ...parseObject(body), $tb: revision }));
}

/** Body of the last metadata event of a stream, undefined when none was ever written. */
export function metadataBodyOf(view: StreamView, stream: string): Uint8Array | undefined {
  const name = metadataStreamOf(stream);
  const revision = view.lastRevision(name);
  if (revision === -1) return undefined;
  const record = view.recordAt(name, revision);
  if (!record) return undefined;
  const response = streams.ReadResp.deserializeBinary(record.message);
  return response.getEvent()?.getEvent()?.getData_asU8();
}

export function streamMetadataOf(view: StreamView, stream: string): StreamMetadata {
  const body = metadataBodyOf(view, stream);
  return body ? parseStreamMetadata(body) : NONE;
}

function numberFrom<T>(value: unknown, take: (value: number) => T): T | undefined {
  return typeof value === 'number' && value > 0 ? take(value) : undefined;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
