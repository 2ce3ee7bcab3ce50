import { randomUUID } from 'node:crypto';
import type { StreamView } from '../log/record-log.port';
import type { ProposedEvent } from '../wire/event-message';
import type { AppendRequest } from './append-request';
import {
  describedStreamOf,
  isSoftDeleted,
  metadataBodyOf,
  metadataStreamOf,
  METADATA_TYPE,
  parseStreamMetadata,
  SOFT_DELETED_METADATA,
  withTruncateBefore,
} from './stream-metadata';

export interface FollowUp {
  readonly stream: string;
  readonly events: readonly ProposedEvent[];
}

/** The event that ends a stream for good. */
export function tombstone(): ProposedEvent {
  return systemEvent('$streamDeleted', Buffer.from('{}'));
}

/** Replaces the metadata of the stream by one that hides all events. */
export function softDeletion(stream: string): FollowUp {
  const event = systemEvent(METADATA_TYPE, Buffer.from(SOFT_DELETED_METADATA));
  return { stream: metadataStreamOf(stream), events: [event] };
}

/** Does this append delete a stream by way of its metadata? */
export function isSoftDeletion({ stream, events }: AppendRequest): boolean {
  if (describedStreamOf(stream) === undefined) return false;
  return events.some(({ body }) => isSoftDeleted(parseStreamMetadata(body)));
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
  return { stream: metadataStreamOf(target), events: [systemEvent(METADATA_TYPE, truncated)] };
}

export function systemEvent(type: string, body: Uint8Array): ProposedEvent {
  const customMetadata = Buffer.alloc(0);
  return { id: randomUUID(), type, contentType: 'application/json', customMetadata, body };
}
