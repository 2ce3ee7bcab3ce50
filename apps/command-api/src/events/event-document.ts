import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';

/** A stored event as it leaves this service: all of it, positions as decimal text. */
export type EventDocument = Omit<StoredEvent, 'position'> & {
  /** Id of the stream: of the instance, for events of an instance. */
  readonly subject: string;
  readonly position: string;
};

export function eventDocument(event: StoredEvent): EventDocument {
  const { id, type, stream, revision, position, recordedAt, data, metadata } = event;
  return {
    id,
    type,
    stream,
    subject: splitStreamName(stream).id,
    revision,
    position: position.toString(),
    recordedAt,
    data,
    metadata,
  };
}
