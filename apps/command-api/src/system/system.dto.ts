import { nameRule, ReasonField, TextField, UuidField } from '../input/fields';
import { ReasonDto } from '../upgrades/upgrades.dto';

/** Decides that the store as it is counts. */
export class AcceptStoreDto {
  @ReasonField()
  readonly reason!: string;
}

/** Stops all starts, or allows them again. */
export class SwitchStartsDto {
  @TextField({
    description:
      'Only starts on this Lagoon core, named as its instances name it: nobody checks the name; absent: the whole system',
    maxLength: 100,
    optional: true,
    ...nameRule,
  })
  readonly core?: string;

  @ReasonField()
  readonly reason!: string;
}

/** Says that a finding was looked after. */
export class CloseFindingDto extends ReasonDto {
  @UuidField({ description: 'The finding' })
  readonly findingId!: string;
}
