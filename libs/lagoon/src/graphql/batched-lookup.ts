import { LagoonAnswerError, LagoonRefusedError } from '../lagoon.errors';
import type { GraphqlEnvelope, GraphqlError } from './answer-rows';
import { shapeOf } from './answer-shape';
import { errorOf } from './read-answer';
import { knownRefusal } from './refusal-table';

export function slicesOf<T>(items: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size));
  return slices;
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
 * tell. An error spoils only its own slot; if it names none, or if every slot is spoilt, it is thrown.
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
  const isOfOne = error instanceof LagoonRefusedError && error.refusal === 'not-found';
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
