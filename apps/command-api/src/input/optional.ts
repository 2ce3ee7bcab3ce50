import { ValidateIf } from 'class-validator';

/** May be absent, unlike class-validator's own optional never null: absence has one form. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
