import { ChoiceField, UuidField } from '../input/fields';
import { RUNNING_STATUSES } from './running-statuses';

export class ReportHealthDto {
  @ChoiceField(RUNNING_STATUSES, { description: 'What the app says of itself' })
  readonly status!: string;
}

/** Over the bus the instance is part of the body. */
export class ReportHealthOfInstanceDto extends ReportHealthDto {
  @UuidField({ description: 'The instance that is spoken of' })
  readonly instanceId!: string;
}
