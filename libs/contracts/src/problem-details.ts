/** RFC 9457 problem details: the one shape of an error over HTTP, NATS and in the CLI's JSON output. */
export interface ProblemDetails {
  /** Stable URI reference of the rule, resolved by docs/problems.md. */
  readonly type: string;
  readonly title: string;
  /** HTTP status; over NATS the same number travels as `Nats-Service-Error-Code`. */
  readonly status: number;
  /** What was wrong and what to do about it. */
  readonly detail: string;
  readonly code: string;
  readonly instance?: string;
  readonly instanceId?: string;
  readonly currentStatus?: string;
  readonly allowedFrom?: readonly string[];
  readonly retryable?: boolean;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}
