import type { ClassConstructor } from 'class-transformer';
import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { validateSync } from 'class-validator';
import { QUERY_PROBLEMS } from './query-problems';

const RULES = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  validationError: { target: false, value: false },
};

/** Checks a request body. Throws the 400 problem that names each wrong field. */
export function parseQuery<T extends object>(type: ClassConstructor<T>, body: unknown): T {
  if (!isPlainObject(body)) {
    throw QUERY_PROBLEMS.invalid([{ pointer: '', detail: 'the body must be a JSON object' }]);
  }
  const query = plainToInstance(type, body);
  const errors = validateSync(query, RULES);
  if (errors.length > 0) throw QUERY_PROBLEMS.invalid(errors.flatMap(fieldErrors));
  return query;
}

function fieldErrors({ property, constraints = {} }: ValidationError) {
  const pointer = `/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return Object.values(constraints).map((detail) => ({ pointer, detail }));
}

function isPlainObject(body: unknown): body is object {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
