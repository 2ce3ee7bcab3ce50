import { Ajv2020 } from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv';
import type { InstanceEventType } from '@uplift/domain';
import { instanceEventSchema } from './instance-event.schemas';

const ajv = new Ajv2020({ strict: true });
const compiled = new Map<InstanceEventType, ValidateFunction>();

/** Why the data does not fit its schema, as `<pointer> <rule>`; null if it fits. */
export function problemOfEventData(type: InstanceEventType, candidate: unknown): string | null {
  const validate = validatorOf(type);
  if (validate(candidate)) return null;
  return ajv.errorsText(validate.errors, { dataVar: '' });
}

function validatorOf(type: InstanceEventType): ValidateFunction {
  const known = compiled.get(type);
  if (known) return known;
  const validate = ajv.compile(instanceEventSchema(type));
  compiled.set(type, validate);
  return validate;
}
