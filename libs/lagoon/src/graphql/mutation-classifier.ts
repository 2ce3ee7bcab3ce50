import type { Ambiguous, Refused } from '../lagoon.types';
import { parseJson, shapeOf, shapeOfText } from './answer-shape';
import type { HttpAnswer, NoAnswerError } from './graphql-transport';
import type { GraphqlEnvelope, GraphqlError } from './lagoon.answers';
import { isEnvelope } from './lagoon.answers';
import { knownRefusal } from './refusal-table';

/** Reads the value of the mutation's field; null if it is not what an accepted call answers. */
export type AcceptedReader<A> = (value: unknown) => A | null;

/**
 * What a mutation's answer proves. Total: a refusal needs a text or a code that is known to come before
 * any effect, an acceptance needs the expected value and no error; everything else is ambiguous.
 */
export function classifyMutation<A>(
  answer: HttpAnswer,
  field: string,
  read: AcceptedReader<A>,
): A | Refused | Ambiguous {
  if (answer.status === 401) return UNAUTHENTICATED;
  const body = parseJson(answer.text);
  if (!isEnvelope(body)) return ambiguous(shapeOfText(answer.status, answer.text));
  if (answer.status === 400) return invalidRequest(body);
  if (answer.status !== 200) return ambiguous(shapeOfText(answer.status, answer.text));
  return classifyEnvelope(body, field, read);
}

export function classifyNoAnswer(failure: NoAnswerError): Refused | Ambiguous {
  if (failure.sent) return ambiguous(`no answer: ${failure.message}`);
  return refused('not-sent', failure.message, true);
}

function classifyEnvelope<A>(
  body: GraphqlEnvelope,
  field: string,
  read: AcceptedReader<A>,
): A | Refused | Ambiguous {
  const value = body.data?.[field];
  const errors = body.errors ?? [];
  if (errors.length === 0) return read(value) ?? ambiguous(shapeOf(body));
  if (value !== null && value !== undefined) return ambiguous(shapeOf(body));
  return refusalOf(errors) ?? ambiguous(shapeOf(body));
}

function refusalOf(errors: readonly GraphqlError[]): Refused | null {
  const known = errors.map(({ message }) => knownRefusal(message));
  const first = known[0] ?? null;
  if (first === null || known.includes(null)) return null;
  return { kind: 'refused', ...first };
}

// Lagoon answers 400 for a document it did not execute; such an answer carries no data.
function invalidRequest(body: GraphqlEnvelope): Refused | Ambiguous {
  const executed = (body.errors ?? []).length === 0 || (body.data ?? null) !== null;
  if (executed) return ambiguous(`HTTP 400, ${shapeOf(body)}`);
  return refused('invalid-request', 'Lagoon did not accept the document or its variables', false);
}

const UNAUTHENTICATED: Refused = {
  kind: 'refused',
  cause: 'unauthenticated',
  reason: 'the token was not accepted',
  retryable: true,
};

function refused(cause: Refused['cause'], reason: string, retryable: boolean): Refused {
  return { kind: 'refused', cause, reason, retryable };
}

function ambiguous(evidence: string): Ambiguous {
  return { kind: 'ambiguous', evidence };
}
