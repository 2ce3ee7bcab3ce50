import { ApiProperty } from '@nestjs/swagger';
import type { ProblemDetails } from '@uplift/contracts';

export class ProblemFaultDto {
  @ApiProperty({ description: 'JSON pointer of the place' })
  readonly pointer!: string;

  @ApiProperty()
  readonly detail!: string;
}

export class ProblemDto implements ProblemDetails {
  @ApiProperty({ description: 'Stable reference of the rule, see /problems' })
  readonly type!: string;

  @ApiProperty()
  readonly title!: string;

  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599 })
  readonly status!: number;

  @ApiProperty({ description: 'What was wrong and what to do about it' })
  readonly detail!: string;

  @ApiProperty()
  readonly code!: string;

  @ApiProperty({ required: false })
  readonly instance?: string;

  @ApiProperty({ required: false, format: 'uuid' })
  readonly instanceId?: string;

  @ApiProperty({ required: false, description: 'Present status of the instance' })
  readonly currentStatus?: string;

  @ApiProperty({ required: false, type: [String], description: 'Statuses that would allow it' })
  readonly allowedFrom?: readonly string[];

  @ApiProperty({ required: false, description: 'The same request may succeed later' })
  readonly retryable?: boolean;

  @ApiProperty({ required: false, type: [ProblemFaultDto] })
  readonly errors?: readonly ProblemFaultDto[];
}
