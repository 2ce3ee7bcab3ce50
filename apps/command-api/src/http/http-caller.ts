import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Caller } from '../commands/command-request';
import { requireKey } from '../input/idempotency-key';
import { tracing } from '../input/traceparent';
import { refusal } from '../problems/problem';
import type { HttpRequest } from './http-exchange';

const ANONYMOUS = { type: 'user', id: 'anonymous' } as const;

/** Who sends this HTTP command, under which key. The one place where a verified identity will come in. */
export const HttpCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  return { ...callerWithKey(request, requireKey(headerOf(request, 'idempotency-key'))) };
});

export function callerWithKey(request: HttpRequest, idempotencyKey: string): Caller {
  return {
    door: 'http',
    actor: ANONYMOUS,
    idempotencyKey,
    ...tracing(headerOf(request, 'traceparent')),
    ...expectedRevision(headerOf(request, 'if-match')),
  };
}

export function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

function expectedRevision(ifMatch: string | undefined): { readonly ifRevision?: number } {
  if (ifMatch === undefined || ifMatch === '*') return {};
  const [, digits] = /^"(\d{1,15})"$/.exec(ifMatch) ?? [];
  if (digits !== undefined) return { ifRevision: Number(digits) };
  throw refusal('invalid-input', 'If-Match takes one ETag of the instance, for example "4"', {
    errors: [{ pointer: '/headers/if-match', detail: 'must be a revision in double quotes' }],
  });
}
