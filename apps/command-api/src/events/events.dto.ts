import { ApiProperty } from '@nestjs/swagger';
import type { StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import { TextField, UuidField } from '../input/fields';

const anything = { type: 'object', additionalProperties: true } as const;

/** A stored event as it leaves this service: all of it, positions as decimal text. */
export class EventDto {
  @ApiProperty({ format: 'uuid' })
  readonly id!: string;

  @ApiProperty()
  readonly type!: string;

  @ApiProperty()
  readonly stream!: string;

  @ApiProperty({ description: 'Id of the stream: of the instance, for events of an instance' })
  readonly subject!: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly revision!: number;

  @ApiProperty({ pattern: '^\\d+$' })
  readonly position!: string;

  @ApiProperty({ format: 'date-time', description: 'Time of the store' })
  readonly recordedAt!: string;

  @ApiProperty(anything)
  readonly data!: object;

  @ApiProperty({ ...anything, description: 'Cause, actor, schema version, hash' })
  readonly metadata!: object;
}

export class EventPageDto {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ type: [EventDto] })
  readonly items!: readonly EventDto[];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Value of from for the next page; null on the last',
  })
  readonly nextRevision!: number | null;
}

export function eventDocument(event: StoredEvent): EventDto {
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
