import { ALLOWED_COMMAND_SCHEMA, WAITING_SCHEMA } from './next-steps';
import type { ProblemDetails } from './answer-types';
import type { Schema } from './schema';
import {
  documented,
  flag,
  list,
  named,
  nullable,
  object,
  plain,
  text,
  uuid,
  wholeNumber,
} from './schema';

export interface ProblemRow {
  /** HTTP status; over NATS the same number is the error code. */
  readonly status: number;
  readonly title: string;
  /** True if the same request may succeed later, unchanged. */
  readonly retryable: boolean;
}

const refused = (status: number, title: string) => ({ status, title, retryable: false }) as const;
const later = (status: number, title: string) => ({ status, title, retryable: true }) as const;

/** Every rule a caller can break, and every way a service can fail. docs/problems.md explains each. */
export const PROBLEMS = {
  'invalid-input': refused(400, 'The input breaks its schema'),
  'malformed-json': refused(400, 'The body is not JSON'),
  'input-too-deep': refused(400, 'The input is nested too deeply'),
  'position-ahead': refused(400, 'The event store has no such position'),
  'too-many-waits': later(429, 'Too many queries wait for a position'),
  'idempotency-key-missing': refused(400, 'An Idempotency-Key is required'),
  'idempotency-key-invalid': refused(400, 'The Idempotency-Key is not usable'),
  'credentials-missing': refused(401, 'The caller has to say who it is'),
  'credentials-refused': refused(401, 'The token is not accepted'),
  'scope-missing': refused(403, 'The caller lacks a scope'),
  'token-limited': refused(403, 'The token is for some instances alone'),
  'health-token-refused': refused(401, 'The token is not that of the instance'),
  'health-callbacks-off': refused(403, 'Health callbacks are not taken in this way'),
  'origin-refused': refused(403, 'The request comes from a foreign web page'),
  'host-refused': refused(421, 'The request is for another host'),
  'instance-unknown': refused(404, 'No such instance'),
  'finding-unknown': refused(404, 'No such finding'),
  'token-unknown': refused(404, 'No such API token'),
  'webhook-unknown': refused(404, 'No such webhook'),
  'delivery-unknown': refused(404, 'No such delivery'),
  'route-unknown': refused(404, 'No such route'),
  'method-not-allowed': refused(405, 'The route does not take this method'),
  'instance-already-registered': refused(409, 'The instance is registered with other content'),
  'environment-taken': refused(409, 'The environment belongs to another instance'),
  'status-not-allowed': refused(409, 'The present status does not allow this command'),
  'upgrade-in-flight': refused(409, 'An upgrade of the instance is in flight'),
  'instance-removed': refused(409, 'The instance was deregistered'),
  'claim-axis-crossed': refused(409, 'The report would change the claim'),
  'step-not-reached': refused(409, 'The upgrade has not reached this step'),
  'upgrade-not-in-flight': refused(409, 'The upgrade is not in flight'),
  'cancel-too-late': refused(409, 'The upgrade is past its deployment'),
  'nothing-to-retry': refused(409, 'There is no failed upgrade to retry'),
  'nothing-to-abandon': refused(409, 'There is no failed upgrade to abandon'),
  'nothing-to-accept': refused(409, 'There is no other store to accept'),
  'nothing-to-roll-back': refused(409, 'There is no upgrade to roll back'),
  'nothing-to-resolve': refused(409, 'Every call has an outcome'),
  'outcome-unknown': refused(409, 'The outcome of a call is unknown'),
  'already-deployed': refused(409, 'The upgrade has deployed already'),
  'plan-change-too-late': refused(409, 'The upgrade has deployed already'),
  'stage-not-reached': refused(409, 'An earlier stage is not complete'),
  'no-earlier-reference': refused(409, 'It is not known what was deployed before'),
  'claim-unknown': refused(409, 'It is not known whether the instance is claimed'),
  'too-many-tokens': refused(409, 'Too many API tokens are in force'),
  'too-many-webhooks': refused(409, 'There are too many webhooks'),
  'not-parked': refused(409, 'The instance is not parked'),
  'revision-conflict': later(409, 'Others kept changing the instance'),
  'unreadable-history': refused(409, 'The history holds an event that cannot be read'),
  'stream-gone': refused(410, 'The history was deleted or cut'),
  'precondition-failed': refused(412, 'The instance has changed'),
  'body-too-large': refused(413, 'The body is too large'),
  'event-too-large': refused(413, 'The event is too large'),
  'unsupported-media-type': refused(415, 'The content type is not supported'),
  'idempotency-key-reused': refused(422, 'The Idempotency-Key stands for another command'),
  'invalid-target': refused(422, 'Strategy and target do not fit together'),
  'invalid-health-probe': refused(422, 'The health probe does not fit together'),
  'token-expiry-not-usable': refused(422, 'The token would expire at a wrong time'),
  'webhook-url-refused': refused(422, 'The address of the webhook may not be called'),
  'start-by-passed': refused(422, 'The time to start by is over'),
  'strategy-not-enabled': refused(422, 'The strategy is not enabled here'),
  'status-not-importable': refused(422, 'An instance cannot be registered in this status'),
  'repeated-too-often': later(429, 'Too many commands in a row changed nothing'),
  overloaded: later(429, 'Too many commands are under way'),
  'too-many-requests': later(429, 'The caller asks too often'),
  'too-many-callbacks': later(429, 'The instance reports its health too often'),
  'too-many-streams': later(429, 'Too many event streams are open'),
  'request-refused': refused(400, 'The request was refused'),
  'internal-error': later(500, 'The service failed'),
  'illegal-history': refused(500, 'The history of the instance is broken'),
  'unknown-event': refused(500, 'The history holds an event this build does not know'),
  'access-unavailable': later(503, 'It cannot be found out who the caller is'),
  'actor-names-unavailable': later(503, 'The names of actors cannot be read'),
  'event-store-unavailable': later(503, 'The event store did not answer'),
  'instance-not-found': refused(404, 'The read model knows no such instance'),
  'upgrade-not-found': refused(404, 'The read model knows no such upgrade'),
  'read-model-behind': later(409, 'The read model has not come that far'),
  'store-diverged': later(503, 'Store and bus differ: an operator has to decide'),
  'read-model-unavailable': later(503, 'The read model cannot be read'),
  'answer-too-large': refused(500, 'The answer is too large'),
  'webhooks-unavailable': later(503, 'The service of webhooks does not answer'),
  'queries-unavailable': later(503, 'The read model does not answer'),
  'no-responder': later(503, 'Nobody answers on the bus'),
  'request-timeout': later(504, 'No answer came in time'),
  'unreadable-reply': later(502, 'The answer cannot be read'),
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;
export type { ProblemDetails, ProblemFault } from './answer-types';

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}

const fault = named(
  'ProblemFault',
  object({ pointer: documented('JSON pointer of the place', text), detail: text }),
);

const errorStatus: Schema<number> = plain({ type: 'integer', minimum: 400, maximum: 599 });

/** RFC 9457 problem details: the one shape of an error over HTTP, NATS and in the CLI's JSON output. */
export const PROBLEM_SCHEMA = named(
  'Problem',
  object(
    {
      type: documented('Stable reference of the rule, see /problems', text),
      title: text,
      status: errorStatus,
      detail: documented('What was wrong and what to do about it', text),
      code: text,
    },
    {
      instance: text,
      instanceId: uuid,
      existingInstanceId: documented('The instance that has the environment already', uuid),
      currentStatus: documented('Present status of the instance', text),
      allowedFrom: documented('Statuses that would allow it', list(text)),
      retryable: documented('The same request may succeed later', flag),
      retryAfterSeconds: documented('After how many seconds; 1 if absent', wholeNumber),
      errors: list(fault),
      scope: documented('The scope that the caller would need', text),
      waitingFor: documented('What holds the instance up', nullable(WAITING_SCHEMA)),
      allowedCommands: documented('What is possible instead', list(ALLOWED_COMMAND_SCHEMA)),
    },
  ),
);

/** What one occurrence adds to its row of the table. */
export type ProblemFields = Omit<
  ProblemDetails,
  'type' | 'title' | 'status' | 'code' | 'detail' | 'retryable'
>;

/** An error whose problem document is safe to show to the caller as it is. */
export class ProblemError extends Error {
  constructor(
    readonly problem: ProblemDetails,
    options?: ErrorOptions,
  ) {
    super(`${problem.title}: ${problem.detail}`, options);
    this.name = 'ProblemError';
  }
}

export function problem(
  code: ProblemCode,
  detail: string,
  fields: ProblemFields = {},
): ProblemDetails {
  const { title, retryable, status } = PROBLEMS[code];
  return { type: `/problems#${code}`, title, status, detail, code, retryable, ...fields };
}

/** The error that shows the caller exactly this problem. */
export function refusal(
  code: ProblemCode,
  detail: string,
  { cause, ...fields }: ProblemFields & { readonly cause?: unknown } = {},
): ProblemError {
  return new ProblemError(problem(code, detail, fields), { cause });
}

export function isProblemDetails(value: unknown): value is ProblemDetails {
  if (typeof value !== 'object' || value === null) return false;
  const { type, title, status, detail, code } = value as Record<string, unknown>;
  const texts = [type, title, detail, code];
  return texts.every((one) => typeof one === 'string') && Number.isInteger(status);
}
