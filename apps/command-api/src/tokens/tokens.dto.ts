import type { Scope } from '@uplift/domain';
import { FAULTS, moreItemsThan, noneOf } from '@uplift/contracts';
import { SCOPES } from '@uplift/domain';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import { Field, LimitField, oneLine, ReasonField, TextField, TimeField } from '../input/fields';

/** Asks for a token that programs show instead of a person's. */
export class CreateTokenDto {
  @Field(
    {
      type: 'array',
      items: { type: 'string', enum: [...SCOPES] },
      minItems: 1,
      maxItems: SCOPES.length,
      uniqueItems: true,
    },
    { description: 'What its holder may do: no more than whoever creates it' },
    IsArray({ message: FAULTS.list }),
    ArrayMinSize(1, { message: 'must name one scope at least' }),
    ArrayMaxSize(SCOPES.length, { message: moreItemsThan(SCOPES.length) }),
    ArrayUnique({ message: 'must name each scope once' }),
    IsIn(SCOPES, { each: true, message: noneOf(SCOPES, undefined) }),
  )
  readonly scopes!: Scope[];

  @LimitField(
    'Only for instances with all of these labels: at least those of whoever creates it. Absent: for every instance',
  )
  readonly labels?: Record<string, string>;

  @TimeField({
    description: 'Until when it is good: within 366 days, and not after the token that creates it',
  })
  readonly expiresAt!: string;

  @ReasonField()
  readonly reason!: string;

  @TextField({
    description:
      'By which people know its holder: kept in no event, and only where names are kept; it can be erased',
    maxLength: 100,
    optional: true,
    ...oneLine,
  })
  readonly name?: string;
}
