import {
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.errors';
import { parseJson, shapeOf, shapeOfText } from './answer-shape';
import type { HttpAnswer } from './graphql-transport';
import type { GraphqlEnvelope, GraphqlError } from './answer-rows';
import { isEnvelope } from './lagoon.answers';
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
    throw new LagoonRefusedError('invalid-request', `HTTP ${answer.status}`, false);
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
export function errorOf(errors: readonly GraphqlError[], envelope: GraphqlEnvelope): Error {
  const [first, ...others] = errors.map(({ message }) => knownRefusal(message));
  if (!first || others.includes(null)) return new LagoonAnswerError(shapeOf(envelope));
  return new LagoonRefusedError(first.cause, first.reason, first.retryable);
}

/** Checks a value against its schema. */
export function checked<T>(value: unknown, fits: (value: unknown) => value is T): T {
  if (fits(value)) return value;
  throw new LagoonAnswerError(shapeOf(value));
}
