import type { EventDocument, StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import { TextField, UuidField } from '../input/fields';

export class EventPageParametersDto {
  @TextField({
    description: 'First revision of the page, 0 if absent',
    maxLength: 9,
    pattern: /^\d+$/,
    rule: 'a revision: decimal digits',
    optional: true,
  })
  readonly from?: string;

  @TextField({
    description: 'Items on a page, 1 to 100, 50 if absent',
    maxLength: 3,
    pattern: /^([1-9]|[1-9]\d|100)$/,
    rule: 'a whole number from 1 to 100',
    optional: true,
  })
  readonly limit?: string;
}

export class WatchParametersDto {
  @UuidField({ description: 'Only events of this instance', optional: true })
  readonly instanceId?: string;

  @TextField({
    description: 'Position seen last, for clients that cannot send Last-Event-ID; 0 is the start',
    maxLength: 19,
    pattern: /^\d+$/,
    rule: 'a position: decimal digits',
    optional: true,
  })
  readonly after?: string;
}

/** A stored event as it leaves this service: all of it, positions as decimal text. */
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
