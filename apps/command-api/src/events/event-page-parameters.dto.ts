import { TextField } from '../input/fields';

export class EventPageParametersDto {
  @TextField({
    description: 'First revision of the page, 0 if absent',
    maxLength: 9,
    pattern: /^\d+$/,
    rule: 'a revision: decimal digits',
    optional: true,
  })
  readonly from?: string;

  @TextField({
    description: 'Items on a page, 1 to 100, 50 if absent',
    maxLength: 3,
    pattern: /^([1-9]|[1-9]\d|100)$/,
    rule: 'a whole number from 1 to 100',
    optional: true,
  })
  readonly limit?: string;
}
