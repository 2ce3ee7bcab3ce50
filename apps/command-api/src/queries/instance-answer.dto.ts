import { ApiProperty } from '@nestjs/swagger';
import { INSTANCE_STATUSES } from '@uplift/domain';
import { AsOfDto } from './query-parameters.dto';

export class InstanceDto {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty()
  readonly project!: string;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly projectId!: number | null;

  @ApiProperty()
  readonly environment!: string;

  @ApiProperty()
  readonly core!: string;

  @ApiProperty()
  readonly app!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  readonly labels!: Readonly<Record<string, string>>;

  @ApiProperty({ enum: [...INSTANCE_STATUSES] })
  readonly status!: string;

  @ApiProperty()
  readonly statusLabel!: string;

  @ApiProperty({ type: 'boolean', nullable: true })
  readonly claimed!: boolean | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  readonly currentUpgradeId!: string | null;

  @ApiProperty({ type: 'string', format: 'uuid', nullable: true })
  readonly lastUpgradeId!: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  readonly failureReason!: string | null;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly revision!: number;

  @ApiProperty({ format: 'date-time' })
  readonly registeredAt!: string;

  @ApiProperty({ format: 'date-time' })
  readonly updatedAt!: string;
}

export class InstanceAnswerDto {
  @ApiProperty({ type: InstanceDto })
  readonly instance!: InstanceDto;

  @ApiProperty({ type: AsOfDto })
  readonly asOf!: AsOfDto;
}

export class InstancePageDto {
  @ApiProperty({ type: [InstanceDto] })
  readonly items!: readonly InstanceDto[];

  @ApiProperty({ type: 'string', nullable: true })
  readonly nextCursor!: string | null;

  @ApiProperty({ type: AsOfDto })
  readonly asOf!: AsOfDto;
}
