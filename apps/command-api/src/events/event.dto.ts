import { ApiProperty } from '@nestjs/swagger';

const anything = { type: 'object', additionalProperties: true } as const;

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
