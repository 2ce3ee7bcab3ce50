import { isProblemDetails, MalformedRequestError, type ProblemDetails } from '@uplift/contracts';
import { PayloadTooLargeError } from './bus-connection.port';

/** What the bus itself has to say about a request, in the caller's words. */
export const BUS_PROBLEMS = {
  malformed: (detail: string) =>
    problem(400, 'malformed-request', 'Malformed request', `${detail}. Send a JSON body.`),
  tooLarge: (bytes: number, limit: number) =>
    problem(
      413,
      'request-too-large',
      'Request too large',
      `The body has ${bytes} bytes; at most ${limit} are accepted.`,
    ),
  answerTooLarge: (bytes: number, limit: number) =>
    problem(
      500,
      'answer-too-large',
      'The answer is too large',
      `The answer has ${bytes} bytes, and the bus carries at most ${limit} (max_payload of the NATS server). Ask for less, or raise it.`,
    ),
  overloaded: () =>
    problem(
      429,
      'overloaded',
      'Too many requests in flight',
      'Nothing was done. Repeat with the same idempotency key after a pause.',
      true,
    ),
  internal: () =>
    problem(
      500,
      'internal-error',
      'Internal error',
      'The service failed; the outcome is unknown. Repeat with the same idempotency key.',
      true,
    ),
  noResponder: (subject: string) =>
    problem(
      503,
      'no-responder',
      'Service unavailable',
      `Nobody answers on ${subject} right now. Repeat with the same idempotency key.`,
      true,
    ),
  denied: (subject: string) =>
    problem(
      503,
      'no-responder',
      'Service unavailable',
      `The NATS server denies the user of this process to ask on ${subject}: nothing was done. Give it that right, then repeat with the same idempotency key.`,
      true,
    ),
  timeout: (subject: string, timeoutMs: number) =>
    problem(
      504,
      'request-timeout',
      'No answer in time',
      `${subject} gave no answer within ${timeoutMs} ms: whether it took effect is unknown. Repeat with the same idempotency key.`,
      true,
    ),
  unreadableReply: (subject: string) =>
    problem(
      502,
      'unreadable-reply',
      'Unreadable reply',
      `The answer of ${subject} cannot be read: whether it took effect is unknown.`,
      true,
    ),
};

/** The problem that an error carries; undefined when the caller must not see what happened. */
export function problemOf(error: unknown): ProblemDetails | undefined {
  if (error instanceof MalformedRequestError) return BUS_PROBLEMS.malformed(error.message);
  if (error instanceof PayloadTooLargeError) {
    return BUS_PROBLEMS.answerTooLarge(error.bytes, error.limit);
  }
  if (typeof error !== 'object' || error === null) return undefined;
  const { problem: carried } = error as { problem?: unknown };
  return isProblemDetails(carried) ? carried : undefined;
}

function problem(
  status: number,
  code: string,
  title: string,
  ...[detail, retryable]: [string, boolean?]
): ProblemDetails {
  const base = { type: `urn:uplift:problem:${code}`, title, status, detail, code };
  return retryable === undefined ? base : { ...base, retryable };
}
