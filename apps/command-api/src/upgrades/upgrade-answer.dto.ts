import { ApiProperty } from '@nestjs/swagger';
import { HEALTHY_STATUSES, TIMED_STAGES, UPGRADE_STRATEGIES } from '@uplift/domain';
import { UpgradeTargetDto } from './upgrades.dto';
import { AsOfDto } from '../queries/query-parameters.dto';

const OUTCOMES = ['in-flight', 'succeeded', 'failed', 'cancelled'];
const milliseconds = { type: 'integer', nullable: true } as const;
const moment = { type: 'string', format: 'date-time', nullable: true } as const;
const text = { type: 'string', nullable: true } as const;

export class StageDto {
  @ApiProperty({ enum: [...TIMED_STAGES] })
  readonly stage!: string;

  @ApiProperty({ format: 'date-time' })
  readonly queuedAt!: string;

  @ApiProperty(moment)
  readonly startedAt!: string | null;

  @ApiProperty(moment)
  readonly endedAt!: string | null;

  @ApiProperty(milliseconds)
  readonly queuedMs!: number | null;

  @ApiProperty(milliseconds)
  readonly activeMs!: number | null;
}

export class UpgradeFailureDto {
  @ApiProperty()
  readonly reason!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly evidence!: Readonly<Record<string, unknown>>;

  @ApiProperty()
  readonly retryable!: boolean;
}

export class UpgradeDto {
  @ApiProperty({ format: 'uuid' })
  readonly upgradeId!: string;

  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  readonly attempt!: number;

  @ApiProperty({ enum: [...UPGRADE_STRATEGIES] })
  readonly strategy!: string;

  @ApiProperty({ type: UpgradeTargetDto, nullable: true })
  readonly target!: UpgradeTargetDto | null;

  @ApiProperty({ enum: [...HEALTHY_STATUSES] })
  readonly originStatus!: string;

  @ApiProperty()
  readonly requestedBy!: string;

  @ApiProperty()
  readonly reason!: string;

  @ApiProperty(text)
  readonly rolloutId!: string | null;

  @ApiProperty({ enum: OUTCOMES })
  readonly outcome!: string;

  @ApiProperty({ type: 'string', enum: [...TIMED_STAGES, null], nullable: true })
  readonly stage!: string | null;

  @ApiProperty({ type: [StageDto] })
  readonly stages!: readonly StageDto[];

  @ApiProperty({ type: 'integer', description: 'Deploy calls made to Lagoon' })
  readonly calls!: number;

  @ApiProperty(text)
  readonly buildName!: string | null;

  @ApiProperty(text)
  readonly buildStatus!: string | null;

  @ApiProperty(text)
  readonly buildStep!: string | null;

  @ApiProperty()
  readonly warnings!: boolean;

  @ApiProperty({
    ...text,
    description: 'What it cannot go on without; null if nothing holds it up',
  })
  readonly waitingFor!: string | null;

  @ApiProperty({ type: UpgradeFailureDto, nullable: true })
  readonly failure!: UpgradeFailureDto | null;

  @ApiProperty({ format: 'date-time' })
  readonly requestedAt!: string;

  @ApiProperty(moment)
  readonly endedAt!: string | null;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly revision!: number;
}

export class UpgradeAnswerDto {
  @ApiProperty({ type: UpgradeDto })
  readonly upgrade!: UpgradeDto;

  @ApiProperty({ type: AsOfDto })
  readonly asOf!: AsOfDto;
}
