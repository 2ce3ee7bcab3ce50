import { randomUUID } from 'node:crypto';
import type { StreamView } from '../log/record-log.port';
import type { ProposedEvent } from '../wire/event-message';
import {
  describedStreamOf,
  isSoftDeleted,
  metadataBodyOf,
  metadataStreamOf,
  METADATA_TYPE,
  parseStreamMetadata,
  withTruncateBefore,
} from './stream-metadata';

export interface FollowUp {
  readonly stream: string;
  readonly events: readonly ProposedEvent[];
}

export function metadataEvent(body: Uint8Array): ProposedEvent {
  return {
    id: randomUUID(),
    type: METADATA_TYPE,
    contentType: 'application/json',
    customMetadata: Buffer.alloc(0),
    body,
  };
}

/**
 * Writing to a soft-deleted stream, or to its metadata, brings the stream back to life; the metadata
 * written along with it keeps the old events hidden. Asked before the write is assigned.
 */
export function metadataFollowUp(
  view: StreamView,
  stream: string,
  events: readonly ProposedEvent[],
): FollowUp | undefined {
  const last = events.at(-1);
  if (!last) return undefined;
  const described = describedStreamOf(stream);
  const target = described ?? stream;
  const body = metadataBodyOf(view, target);
  if (!body || !isSoftDeleted(parseStreamMetadata(body))) return undefined;
  const truncated = withTruncateBefore(
    described === undefined ? body : last.body,
    view.lastRevision(target) + 1,
  );
  return { stream: metadataStreamOf(target), events: [metadataEvent(truncated)] };
}
