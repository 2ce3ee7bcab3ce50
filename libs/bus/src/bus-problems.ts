import type { ProblemDetails } from '@uplift/contracts';
import { isProblemDetails, problem } from '@uplift/contracts';
import { PayloadTooLargeError } from './bus-connection.port';

/** What the bus itself has to say about a request. */
export const BUS_PROBLEMS = {
  answerTooLarge: (bytes: number, limit: number) =>
    problem(
      'answer-too-large',
      `The answer has ${bytes} bytes, and the bus carries at most ${limit} (max_payload of the NATS server): ask for less, or raise it`,
    ),
  overloaded: () =>
    problem('overloaded', 'Nothing was done: repeat with the same Idempotency-Key after a pause'),
  noResponder: (subject: string) =>
    problem(
      'no-responder',
      `Nobody answers on ${subject} at present, and nothing was done: repeat with the same Idempotency-Key`,
    ),
  denied: (subject: string) =>
    problem(
      'no-responder',
      `The NATS server denies the user of this process to ask on ${subject}, and nothing was done: give it that right, then repeat with the same Idempotency-Key`,
    ),
  timeout: (subject: string, timeoutMs: number) =>
    problem(
      'request-timeout',
      `${subject} gave no answer within ${timeoutMs} ms: whether it took effect is unknown. Repeat with the same Idempotency-Key`,
    ),
  unreadableReply: (subject: string) =>
    problem(
      'unreadable-reply',
      `The answer of ${subject} cannot be read: whether it took effect is unknown. Repeat with the same Idempotency-Key`,
    ),
};

/** The problem that an error carries; undefined when the caller must not see what happened. */
export function problemOf(error: unknown): ProblemDetails | undefined {
  if (error instanceof PayloadTooLargeError) {
    return BUS_PROBLEMS.answerTooLarge(error.bytes, error.limit);
  }
  if (typeof error !== 'object' || error === null) return undefined;
  const { problem: carried } = error as { problem?: unknown };
  return isProblemDetails(carried) ? carried : undefined;
}
