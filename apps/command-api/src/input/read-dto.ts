import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidatorOptions } from 'class-validator';
import { refusal } from '../problems/problem';
import { assertSoundJson } from './json-shape';
import { pointersOf } from './validation-pointers';

export type DtoType<T extends object> = new () => T;

const STRICT: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: false },
};

/** The value as a valid DTO. Throws a problem that points at every fault. Converts nothing. */
export function readDto<T extends object>(type: DtoType<T>, value: unknown): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal('invalid-input', 'The body must be a JSON object', {
      errors: [{ pointer: '', detail: 'must be a JSON object' }],
    });
  }
  assertSoundJson(value);
  const dto = plainToInstance(type, value, { enableImplicitConversion: false });
  const faults = validateSync(dto, STRICT);
  if (faults.length === 0) return dto;
  throw refusal('invalid-input', 'See errors for each fault and its place', {
    errors: pointersOf(faults),
  });
}
