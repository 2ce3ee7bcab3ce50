import {
  finalRefusal,
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.outcomes';
import type { GraphqlEnvelope, GraphqlError } from './answer-schemas';
import { isEnvelope } from './answer-schemas';
import { parseJson } from '../parse-json';
import { shapeOf, shapeOfText } from './answer-shape';
import type { HttpAnswer } from './graphql-transport';
import { knownRefusal } from './refusal-table';

// Too slow a request, or too many of them.
const PASSING = new Set([408, 429]);

/** The envelope of a read that Lagoon executed, with or without errors in it. */
export function envelopeOf(answer: HttpAnswer): GraphqlEnvelope {
  if (answer.status === 401) throw new LagoonUnauthenticatedError('The token was not accepted');
  if (answer.status >= 500 || PASSING.has(answer.status)) {
    throw new LagoonUnavailableError(`Lagoon answered HTTP ${answer.status}`);
  }
  if (answer.status === 400 || answer.status === 413) {
    throw new LagoonRefusedError(finalRefusal('invalid-request', `HTTP ${answer.status}`));
  }
  const body = parseJson(answer.text);
  if (answer.status !== 200 || !isEnvelope(body)) {
    throw new LagoonAnswerError(shapeOfText(answer.status, answer.text));
  }
  return body;
}

/** The value of a read's only field. Any error in the answer, even beside a value, is thrown. */
export function fieldOf(envelope: GraphqlEnvelope, field: string): unknown {
  const errors = envelope.errors ?? [];
  if (errors.length > 0) throw errorOf(errors, envelope);
  const value = envelope.data?.[field];
  if (value === undefined) throw new LagoonAnswerError(shapeOf(envelope));
  return value;
}

/** What the first error means, if each of them is one that this version knows. */
function errorOf(errors: readonly GraphqlError[], envelope: GraphqlEnvelope): Error {
  const [first, ...others] = errors.map(({ message }) => knownRefusal(message));
  if (!first || others.includes(null)) return new LagoonAnswerError(shapeOf(envelope));
  return new LagoonRefusedError(first);
}

/** Checks a value against its schema. */
export function checked<T>(value: unknown, fits: (value: unknown) => value is T): T {
  if (fits(value)) return value;
  throw new LagoonAnswerError(shapeOf(value));
}

/** The variables of every slot, each with the slot's number behind its name. */
export function slotVariables<T>(
  items: readonly T[],
  variablesOf: (item: T) => Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = items.flatMap((item, slot) =>
    Object.entries(variablesOf(item)).map(([name, value]) => [`${name}${slot}`, value] as const),
  );
  return Object.fromEntries(entries);
}

/**
 * What each slot was answered: its value, null if Lagoon says that it is not there, undefined if nobody can
 * tell. An error concerns only its own slot; if it names none, or if every slot has one, it is thrown.
 */
export function batchAnswers<T>(
  envelope: GraphqlEnvelope,
  count: number,
  fits: (value: unknown) => value is T,
): (T | null | undefined)[] {
  const errors = envelope.errors ?? [];
  const unplaced = errors.filter(({ path }) => typeof path?.[0] !== 'string');
  if (unplaced.length > 0) throw batchError(unplaced, envelope);
  const answers = Array.from({ length: count }, (_, slot) => {
    const alias = `s${slot}`;
    const own = errors.filter(({ path }) => path?.[0] === alias);
    return slotAnswer(envelope.data?.[alias], own, fits);
  });
  if (answers.some((answer) => answer !== undefined)) return answers;
  throw batchError(errors, envelope);
}

// That one of many is not there says nothing about the others.
function batchError(errors: readonly GraphqlError[], envelope: GraphqlEnvelope): Error {
  const error = errorOf(errors, envelope);
  const isOfOne = error instanceof LagoonRefusedError && error.refusal.cause === 'not-found';
  return isOfOne ? new LagoonAnswerError(shapeOf(envelope)) : error;
}

function slotAnswer<T>(
  value: unknown,
  errors: readonly GraphqlError[],
  fits: (value: unknown) => value is T,
): T | null | undefined {
  if (errors.length > 0) return errors.every(isNotFound) ? null : undefined;
  return value === null || fits(value) ? value : undefined;
}

function isNotFound({ message }: GraphqlError): boolean {
  return knownRefusal(message)?.cause === 'not-found';
}
