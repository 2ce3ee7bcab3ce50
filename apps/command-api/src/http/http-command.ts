import type { ExecutionContext } from '@nestjs/common';
import { applyDecorators, createParamDecorator } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { CommandResult } from '../commands/command-answer';
import { answerOf, CommandAnswerDto } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { requireKey, tracing } from '../commands/command-request';
import { DescribedProblem, refusal } from '../problems/problems';
import type { HttpReply, HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';

const ANONYMOUS = { type: 'user', id: 'anonymous' } as const;
const CODES = [400, 404, 409, 412, 413, 415, 422, 500, 503] as const;

/** What every command over HTTP promises in the published description. */
export function DescribedCommand(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: true,
      description: 'Scoped to one instance; the same key gives the same answer for ever',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'ETag of the instance: refuse with 412 if it has changed',
    }),
    ApiResponse({ status: 202, type: CommandAnswerDto, description: 'Accepted and stored' }),
    ApiResponse({ status: 200, type: CommandAnswerDto, description: 'Known, or held already' }),
    ...CODES.map((status) => DescribedProblem(status)),
  );
}

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
export function replyToCommand(reply: HttpReply, result: CommandResult): CommandAnswerDto {
  const answer = answerOf(result);
  reply.status(result.outcome === 'accepted' ? 202 : 200);
  reply.header('location', answer.links.upgrade ?? answer.links.instance);
  reply.header('etag', `"${answer.revision}"`);
  reply.header('cache-control', 'no-store');
  return answer;
}
