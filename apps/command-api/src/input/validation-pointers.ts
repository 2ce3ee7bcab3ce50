import type { ValidationError } from 'class-validator';
import { escapePointer } from './json-shape';

const MOST_FAULTS = 20;

export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** Each fault with the JSON pointer of its place; the first twenty. */
export function pointersOf(errors: readonly ValidationError[]): readonly Fault[] {
  return errors.flatMap((error) => faultsOf(error, '')).slice(0, MOST_FAULTS);
}

function faultsOf(error: ValidationError, parent: string): readonly Fault[] {
  const pointer = `${parent}/${escapePointer(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
    pointer,
    detail: rule === 'whitelistValidation' ? 'this property is not known' : text,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => faultsOf(child, pointer))];
}
