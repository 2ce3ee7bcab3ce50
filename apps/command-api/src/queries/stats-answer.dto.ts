import { ApiProperty } from '@nestjs/swagger';
import { TIMED_STAGES } from '@uplift/domain';
import { AsOfDto } from './query-parameters.dto';

const counts = { type: 'object', additionalProperties: { type: 'integer' } } as const;
const milliseconds = { type: 'number', nullable: true } as const;

export class PercentilesDto {
  @ApiProperty(milliseconds)
  readonly p50!: number | null;

  @ApiProperty(milliseconds)
  readonly p95!: number | null;
}

export class StageStatsDto {
  @ApiProperty({ enum: [...TIMED_STAGES] })
  readonly stage!: string;

  @ApiProperty({ type: 'integer', description: 'Upgrades that began the stage' })
  readonly count!: number;

  @ApiProperty({ type: PercentilesDto })
  readonly queuedMs!: PercentilesDto;

  @ApiProperty({ type: PercentilesDto })
  readonly activeMs!: PercentilesDto;
}

export class InstanceCountsDto {
  @ApiProperty({ type: 'integer' })
  readonly total!: number;

  @ApiProperty(counts)
  readonly byStatus!: Readonly<Record<string, number>>;
}

export class UpgradeCountsDto {
  @ApiProperty({ type: 'integer' })
  readonly total!: number;

  @ApiProperty(counts)
  readonly byOutcome!: Readonly<Record<string, number>>;
}

export class StatsAnswerDto {
  @ApiProperty({ type: InstanceCountsDto })
  readonly instances!: InstanceCountsDto;

  @ApiProperty({ type: UpgradeCountsDto })
  readonly upgrades!: UpgradeCountsDto;

  @ApiProperty({ type: [StageStatsDto] })
  readonly stages!: readonly StageStatsDto[];

  @ApiProperty({ type: AsOfDto })
  readonly asOf!: AsOfDto;
}
