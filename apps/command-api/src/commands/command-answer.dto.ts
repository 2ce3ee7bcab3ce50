import { ApiProperty } from '@nestjs/swagger';
import { INSTANCE_STATUSES } from '@uplift/domain';
import type { CommandAnswer, CommandLinks } from './command-answer';

export class CommandLinksDto implements CommandLinks {
  @ApiProperty()
  readonly instance!: string;

  @ApiProperty()
  readonly timeline!: string;

  @ApiProperty()
  readonly events!: string;

  @ApiProperty({ required: false })
  readonly upgrade?: string;
}

export class CommandAnswerDto implements CommandAnswer {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ format: 'uuid', required: false, description: 'Only of an upgrade' })
  readonly upgradeId?: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Revision the command led to' })
  readonly revision!: number;

  @ApiProperty({ pattern: '^\\d+$', description: 'Position in the store, for min-position' })
  readonly position!: string;

  @ApiProperty({ enum: [...INSTANCE_STATUSES], description: 'Status the command led to' })
  readonly status!: string;

  @ApiProperty({ type: CommandLinksDto })
  readonly links!: CommandLinksDto;
}
