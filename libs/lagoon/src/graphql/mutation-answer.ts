import type { Ambiguous, Refused } from '../lagoon.outcomes';
import { finalRefusal, passingRefusal } from '../lagoon.outcomes';
import type { GraphqlEnvelope, GraphqlError } from './answer-schemas';
import { isEnvelope } from './answer-schemas';
import { parseJson } from '../parse-json';
import { shapeOf, shapeOfText } from './answer-shape';
import type { HttpAnswer, NoAnswerError } from './graphql-transport';
import { knownRefusal } from './refusal-table';

export const UNAUTHENTICATED = passingRefusal('unauthenticated', 'the token was not accepted');

/** Reads the value of the mutation's field; null if it is not what Lagoon answers to a call it took. */
export type AnswerReader<A> = (value: unknown) => A | Refused | null;

/** What is known of a mutation's answers. */
export interface AnswerRules<A> {
  readonly field: string;
  readonly read: AnswerReader<A>;
  /** Lagoon's words, beside no value, for an effect that was there already. */
  readonly alreadyDone?: { readonly text: RegExp; readonly answer: A };
}

/**
 * What a mutation's answer proves. Total: a refusal needs a text or a code that is known to come before
 * any effect, an acceptance needs the expected value and no error; everything else is ambiguous.
 */
export function classifyMutation<A>(
  answer: HttpAnswer,
  rules: AnswerRules<A>,
): A | Refused | Ambiguous {
  if (answer.status === 401) return UNAUTHENTICATED;
  const body = parseJson(answer.text);
  if (!isEnvelope(body)) return ambiguous(shapeOfText(answer.status, answer.text));
  if (answer.status === 400) return invalidRequest(body);
  if (answer.status !== 200) return ambiguous(shapeOfText(answer.status, answer.text));
  return classifyEnvelope(body, rules);
}

export function classifyNoAnswer(failure: NoAnswerError): Refused | Ambiguous {
  if (failure.sent) return ambiguous(`no answer: ${failure.message}`);
  return passingRefusal('not-sent', failure.message);
}

function classifyEnvelope<A>(
  body: GraphqlEnvelope,
  rules: AnswerRules<A>,
): A | Refused | Ambiguous {
  const value = body.data?.[rules.field];
  const errors = body.errors ?? [];
  const answer = errors.length === 0 ? rules.read(value) : errorsMean(errors, rules);
  const isClear = errors.length === 0 || (value ?? null) === null;
  return isClear && answer !== null ? answer : ambiguous(shapeOf(body));
}

/** Null: not every text is one that this version knows. */
function errorsMean<A>(
  errors: readonly GraphqlError[],
  { alreadyDone }: AnswerRules<A>,
): A | Refused | null {
  const isDone = errors.every(({ message }) => alreadyDone?.text.test(message) === true);
  if (isDone && alreadyDone !== undefined) return alreadyDone.answer;
  const known = errors.map(({ message }) => knownRefusal(message));
  return known.includes(null) ? null : (known[0] ?? null);
}

// Lagoon answers 400 for a document it did not execute; such an answer carries no data.
function invalidRequest(body: GraphqlEnvelope): Refused | Ambiguous {
  const executed = (body.errors ?? []).length === 0 || (body.data ?? null) !== null;
  if (executed) return ambiguous(`HTTP 400, ${shapeOf(body)}`);
  return finalRefusal('invalid-request', 'Lagoon did not accept the document or its variables');
}

function ambiguous(evidence: string): Ambiguous {
  return { kind: 'ambiguous', evidence };
}
