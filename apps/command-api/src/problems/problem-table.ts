export interface ProblemRow {
  /** HTTP status; over NATS the same number is the error code. */
  readonly status: number;
  readonly title: string;
  /** True if the same request may succeed later, unchanged. */
  readonly retryable: boolean;
}

const refused = (status: number, title: string) => ({ status, title, retryable: false }) as const;
const later = (status: number, title: string) => ({ status, title, retryable: true }) as const;

/** Every rule a caller can break, and every way the service can fail. docs/problems.md explains each. */
export const PROBLEMS = {
  'invalid-input': refused(400, 'The input breaks its schema'),
  'malformed-json': refused(400, 'The body is not JSON'),
  'input-too-deep': refused(400, 'The input is nested too deeply'),
  'idempotency-key-missing': refused(400, 'An Idempotency-Key is required'),
  'idempotency-key-invalid': refused(400, 'The Idempotency-Key is not usable'),
  'health-token-refused': refused(401, 'The health callback token is wrong'),
  'instance-unknown': refused(404, 'No such instance'),
  'route-unknown': refused(404, 'No such route'),
  'method-not-allowed': refused(405, 'The route does not take this method'),
  'instance-already-registered': refused(409, 'The instance is registered with other content'),
  'status-not-allowed': refused(409, 'The present status does not allow this command'),
  'upgrade-in-flight': refused(409, 'An upgrade of the instance is in flight'),
  'claim-axis-crossed': refused(409, 'The report would change the claim'),
  'step-not-reached': refused(409, 'The upgrade has not reached this step'),
  'upgrade-not-in-flight': refused(409, 'The upgrade is not in flight'),
  'cancel-too-late': refused(409, 'The upgrade is past its deployment'),
  'revision-conflict': later(409, 'Others kept changing the instance'),
  'precondition-failed': refused(412, 'The instance has changed'),
  'body-too-large': refused(413, 'The body is too large'),
  'event-too-large': refused(413, 'The event is too large'),
  'unsupported-media-type': refused(415, 'The content type is not supported'),
  'idempotency-key-reused': refused(422, 'The Idempotency-Key stands for another command'),
  'invalid-target': refused(422, 'Strategy and target do not fit together'),
  'strategy-not-enabled': refused(422, 'The strategy is not enabled here'),
  'status-not-importable': refused(422, 'An instance cannot be registered in this status'),
  'too-many-streams': later(429, 'Too many event streams are open'),
  'request-refused': refused(400, 'The request was refused'),
  'internal-error': later(500, 'The service failed'),
  'illegal-history': refused(500, 'The history of the instance is broken'),
  'unknown-event': refused(500, 'The history holds an event this build does not know'),
  'event-store-unavailable': later(503, 'The event store did not answer'),
  'invalid-query': refused(400, 'The query breaks its schema'),
  'instance-not-found': refused(404, 'The read model knows no such instance'),
  'upgrade-not-found': refused(404, 'The read model knows no such upgrade'),
  'read-model-behind': later(409, 'The read model has not come that far'),
  'read-model-unavailable': later(503, 'The read model cannot be read'),
  'queries-unavailable': later(503, 'The read model does not answer'),
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
