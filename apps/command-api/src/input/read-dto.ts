import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import { FAULTS, invalidInput, refusal, tooLarge, withoutBody } from '@uplift/contracts';

export type DtoType<T extends object> = new () => T;

interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** Largest body of a command, over every transport. */
export const BODY_LIMIT_BYTES = 100 * 1_024;
export const BODY_TOO_LARGE = tooLarge(BODY_LIMIT_BYTES);

const MOST_LEVELS = 20;
const RESERVED_KEYS = ['__proto__', 'constructor', 'prototype'];
const STRICT: ValidatorOptions = {
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: true,
  validationError: { target: false, value: true },
};

/** The value as a valid DTO. Throws a problem that points at every fault. Converts nothing. */
export function readDto<T extends object>(type: DtoType<T>, value: unknown): T {
  if (value === undefined) throw withoutBody();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput([{ pointer: '', detail: FAULTS.object }]);
  }
  assertSoundJson(value);
  const dto = plainToInstance(type, value, { enableImplicitConversion: false });
  const errors = validateSync(dto, STRICT).flatMap((error) => faultsOf(error, ''));
  if (errors.length === 0) return dto;
  throw invalidInput(errors);
}

/** Refuses, before the validator is asked, what would overflow a recursion or reach a prototype. */
function assertSoundJson(value: unknown, pointer = '', level = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (level > MOST_LEVELS) {
    throw refusal('input-too-deep', `At most ${MOST_LEVELS} levels of nesting are accepted`);
  }
  for (const key of Object.getOwnPropertyNames(value)) {
    const at = `${pointer}/${escapePointer(key)}`;
    if (RESERVED_KEYS.includes(key)) throw reservedKey(at);
    assertSoundJson((value as Record<string, unknown>)[key], at, level + 1);
  }
}

function reservedKey(pointer: string): Error {
  return invalidInput([{ pointer, detail: FAULTS.reserved }]);
}

function faultsOf(error: ValidationError, parent: string): readonly Fault[] {
  const pointer = `${parent}/${escapePointer(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
    pointer,
    detail: detailOf(error, rule, text),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}

function detailOf({ value, contexts }: ValidationError, rule: string, text: string): string {
  if (rule === 'whitelistValidation') return FAULTS.unknown;
  if (value !== undefined) return text;
  const { required = FAULTS.required } = (contexts?.[rule] ?? {}) as { readonly required?: string };
  return required;
}

/** RFC 6901. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
