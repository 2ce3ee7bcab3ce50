import type { Quota } from '@uplift/access';
import type { ProblemDetails } from '@uplift/contracts';
import { CONTENT_TYPES, RETRY_AFTER_SECONDS } from '@uplift/contracts';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The part of the web framework's request that this service reads. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly raw: IncomingMessage;
}

/** The part of the web framework's answer that this service writes. */
export interface HttpReply {
  header(name: string, value: string): HttpReply;
  status(code: number): HttpReply;
  send(payload?: unknown): unknown;
  /** From here on the handler writes to `raw` itself. */
  hijack(): void;
  readonly raw: ServerResponse;
}

export function headerOf(
  { headers }: Pick<HttpRequest, 'headers'>,
  name: string,
): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

export function sendProblem(reply: HttpReply, document: ProblemDetails): void {
  reply.header('content-type', CONTENT_TYPES.problem);
  reply.header('cache-control', 'no-store');
  const challenge = challengeOf(document);
  if (challenge !== undefined) reply.header('www-authenticate', challenge);
  const { retryable, retryAfterSeconds } = document;
  if (retryable === true) {
    reply.header('retry-after', String(retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  }
  reply.status(document.status).send(JSON.stringify(document));
}

/** As the draft of the IETF on RateLimit headers has it. */
export function showQuota(reply: HttpReply, { kind, limit, left, seconds }: Quota): void {
  reply.header('ratelimit-policy', `"${kind}";q=${limit};w=60`);
  reply.header('ratelimit', `"${kind}";r=${left};t=${seconds}`);
}

/** What a client needs to do better (RFC 6750, section 3); the detail stands in the document. */
function challengeOf({ code, scope }: ProblemDetails): string | undefined {
  if (code === 'credentials-missing') return 'Bearer realm="uplift"';
  if (code === 'health-token-refused') return 'Bearer realm="uplift-callback"';
  if (code === 'credentials-refused') return 'Bearer realm="uplift", error="invalid_token"';
  if (code !== 'scope-missing') return undefined;
  const asked = scope === undefined ? '' : `, scope="${scope}"`;
  return `Bearer realm="uplift", error="insufficient_scope"${asked}`;
}
