import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { CommandAnswer, Query, QueryName } from '@uplift/contracts';
import { readQueryString, refusal } from '@uplift/contracts';
import type { CommandResult } from '../commands/command-answer';
import { answerOf } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { requireKey, tracing } from '../commands/command-request';
import type { HttpReply, HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';

const ANONYMOUS = { type: 'user', id: 'anonymous' } as const;

/** Who sends this HTTP command, under which key. */
export const HttpCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  return callerWithKey(request, requireKey(headerOf(request, 'idempotency-key')));
});

/** The one place where a verified identity will come in. */
export function callerWithKey(request: HttpRequest, idempotencyKey: string): Caller {
  return {
    transport: 'http',
    actor: ANONYMOUS,
    idempotencyKey,
    ...tracing(headerOf(request, 'traceparent')),
    ...expectedRevision(headerOf(request, 'if-match')),
  };
}

function expectedRevision(ifMatch: string | undefined): { readonly ifRevision?: number } {
  if (ifMatch === undefined || ifMatch === '*') return {};
  const [, digits] = /^"(\d{1,15})"$/.exec(ifMatch) ?? [];
  if (digits !== undefined) return { ifRevision: Number(digits) };
  throw refusal('invalid-input', 'If-Match takes one ETag of the instance, for example "4"', {
    errors: [{ pointer: '/headers/if-match', detail: 'must be a revision in double quotes' }],
  });
}

/** 202 for what is new, 200 for what was known or held already; where to look; the new revision. */
export function replyToCommand(reply: HttpReply, result: CommandResult): CommandAnswer {
  const answer = answerOf(result);
  reply.status(result.outcome === 'accepted' ? 202 : 200);
  reply.header('location', answer.links.upgrade ?? answer.links.instance);
  reply.header('etag', `"${answer.revision}"`);
  reply.header('cache-control', 'no-store');
  return answer;
}

/** The query that a URL stands for; `path` holds the members that its path names. */
export function queryOf<Name extends QueryName>(
  name: Name,
  request: HttpRequest,
  path: object = {},
): Query<Name> {
  const position = headerOf(request, 'min-position');
  const header = position === undefined ? {} : { 'min-position': position };
  return readQueryString(name, { ...header, ...request.query }, path);
}
