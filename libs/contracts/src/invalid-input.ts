import type { ProblemDetails, ProblemFault } from './answer-types';
import type { ProblemError } from './problems';
import { problem, refusal } from './problems';

/* What is wrong with a request, in the same words at every door. */

const MOST_FAULTS = 20;
/** Faults that the sentence names; all of them stand in `errors`. */
const MOST_TOLD = 3;
const LONGEST_POINTER = 80;
/** So many values are named one by one. */
const MOST_NAMED = 12;
const MOST_NEAR = 5;
const LONGEST_COMPARED = 64;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Each goes on from the name of the place: "/app is required". */
export const FAULTS = {
  required: 'is required',
  unknown: 'is not known here',
  reserved: 'is a reserved name',
  text: 'must be a string',
  flag: 'must be true or false',
  object: 'must be a JSON object',
  list: 'must be a list',
  uuid: 'must be a UUID in lower case',
  line: 'must be one line without control characters',
} as const;

export function longerThan(most: number): string {
  return `must have at most ${most} characters`;
}

export function moreItemsThan(most: number): string {
  return `must have at most ${most} items`;
}

export function outsideOf(minimum: number, maximum: number): string {
  return `must be a whole number from ${minimum} to ${maximum}`;
}

/** Names all values if they are few, else those that look most like what was given. */
export function noneOf(values: readonly string[], given: unknown): string {
  if (values.length <= MOST_NAMED) return `must be one of: ${values.join(', ')}`;
  const near = nearest(values, typeof given === 'string' ? given : '');
  return `must be one of ${values.length} values (see /openapi.json), for example: ${near.join(', ')}`;
}

function nearest(values: readonly string[], given: string): readonly string[] {
  const compared = given.slice(0, LONGEST_COMPARED).toLowerCase();
  const ranked = values.map((value) => ({ value, edits: editsBetween(compared, value) }));
  return ranked
    .sort((a, b) => a.edits - b.edits)
    .slice(0, MOST_NEAR)
    .map(({ value }) => value);
}

/** Levenshtein's distance. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (const [i, left] of Array.from(one).entries()) {
    const next = [i + 1];
    for (const [j, right] of Array.from(other).entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The problem `invalid-input`: its sentence names the first faults, `errors` has each with its place. */
export function invalidInput(errors: readonly ProblemFault[]): ProblemError {
  const told = errors.slice(0, MOST_TOLD).map(inWords);
  const more = errors.length > MOST_TOLD ? [`${errors.length - MOST_TOLD} more, see errors`] : [];
  return refusal('invalid-input', [...told, ...more].join('; '), {
    errors: errors.slice(0, MOST_FAULTS),
  });
}

function inWords({ pointer, detail }: ProblemFault): string {
  return `${pointer.slice(0, LONGEST_POINTER) || 'The body'} ${detail}`;
}

/** A body as it came over any transport: undefined if it is empty. Throws the problem `malformed-json`. */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (cause) {
    throw refusal('malformed-json', 'The body is not one JSON document in UTF-8', { cause });
  }
}

export function withoutBody(): ProblemError {
  return refusal('malformed-json', 'The request has no body: send one JSON object', {
    errors: [{ pointer: '', detail: FAULTS.required }],
  });
}

/** @param most bytes */
export function tooLarge(most: number): ProblemDetails {
  return problem('body-too-large', `The body may have at most ${most} bytes`);
}

export function internalError(): ProblemDetails {
  return problem(
    'internal-error',
    'The cause is in the log of the service. Whether a command took effect is unknown: repeat it with the same Idempotency-Key',
  );
}
