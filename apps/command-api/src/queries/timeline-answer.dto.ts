import { ApiProperty } from '@nestjs/swagger';
import { INSTANCE_STATUSES } from '@uplift/domain';
import { AsOfDto } from './query-parameters.dto';

export class TimelineEntryDto {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly revision!: number;

  @ApiProperty({ format: 'uuid' })
  readonly eventId!: string;

  @ApiProperty({ format: 'date-time' })
  readonly at!: string;

  @ApiProperty()
  readonly eventType!: string;

  @ApiProperty({ enum: [...INSTANCE_STATUSES] })
  readonly status!: string;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  readonly upgradeId!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  readonly note!: string | null;
}

export class TimelinePageDto {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ type: [TimelineEntryDto] })
  readonly items!: readonly TimelineEntryDto[];

  @ApiProperty({ type: 'string', nullable: true })
  readonly nextCursor!: string | null;

  @ApiProperty({ type: AsOfDto })
  readonly asOf!: AsOfDto;
}
