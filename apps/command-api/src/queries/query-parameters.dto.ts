import { ApiProperty } from '@nestjs/swagger';
import { INSTANCE_STATUSES } from '@uplift/domain';
import { ChoiceField, TextField } from '../input/fields';

/** What every query accepts. The position may come as a header of the same name too. */
export class QueryParametersDto {
  @TextField({
    description: 'Answer only when the read model has come this far (waits up to 5 s)',
    maxLength: 19,
    pattern: /^\d+$/,
    rule: 'a position: decimal digits',
    optional: true,
  })
  readonly 'min-position'?: string;
}

export class PageParametersDto extends QueryParametersDto {
  @TextField({ description: 'nextCursor of the page before', maxLength: 500, optional: true })
  readonly cursor?: string;

  @TextField({
    description: 'Items on a page, 1 to 100, 50 if absent',
    maxLength: 3,
    pattern: /^([1-9]|[1-9]\d|100)$/,
    rule: 'a whole number from 1 to 100',
    optional: true,
  })
  readonly limit?: string;
}

export class ListInstancesParametersDto extends PageParametersDto {
  @ChoiceField(INSTANCE_STATUSES, { description: 'Only this status', optional: true })
  readonly status?: string;

  @TextField({ description: 'Only this Lagoon project', maxLength: 100, optional: true })
  readonly project?: string;

  @TextField({ description: 'Only this store app', maxLength: 100, optional: true })
  readonly app?: string;

  @TextField({ description: 'Only this Lagoon core', maxLength: 100, optional: true })
  readonly core?: string;
}

/** How old an answer of the read model is. */
export class AsOfDto {
  @ApiProperty({ pattern: '^\\d+$', description: 'The answer reflects the store up to here' })
  readonly position!: string;

  @ApiProperty({ format: 'date-time' })
  readonly at!: string;

  @ApiProperty({ type: 'integer', minimum: 0 })
  readonly ageMs!: number;
}
