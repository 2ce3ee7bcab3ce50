import { TextField, UuidField } from '../input/fields';

export class WatchParametersDto {
  @UuidField({ description: 'Only events of this instance', optional: true })
  readonly instanceId?: string;

  @TextField({
    description: 'Position seen last, for clients that cannot send Last-Event-ID; 0 is the start',
    maxLength: 19,
    pattern: /^\d+$/,
    rule: 'a position: decimal digits',
    optional: true,
  })
  readonly after?: string;
}
