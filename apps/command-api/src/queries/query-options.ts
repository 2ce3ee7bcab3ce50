import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../http/http-exchange';
import { headerOf } from '../http/http-caller';
import { refusal } from '../problems/problem';
import type { PageParametersDto } from './query-parameters.dto';

const POSITION = /^\d{1,19}$/;

export interface Freshness {
  readonly minPosition?: string;
}

/** `min-position` as query parameter or header: answer only when the read model has come that far. */
export const MinPosition = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context
    .switchToHttp()
    .getRequest<HttpRequest & { readonly query: Readonly<Record<string, unknown>> }>();
  return freshness(request.query['min-position'] ?? headerOf(request, 'min-position'));
});

export function freshness(position: unknown): Freshness {
  if (position === undefined) return {};
  if (typeof position === 'string' && POSITION.test(position)) return { minPosition: position };
  throw refusal('invalid-input', 'min-position takes the position that a command answered', {
    errors: [{ pointer: '/min-position', detail: 'must be decimal digits' }],
  });
}

/** The read model takes a number where a URL can only carry text. */
export function paging({ cursor, limit }: PageParametersDto): {
  readonly cursor?: string;
  readonly limit?: number;
} {
  return {
    ...(cursor === undefined ? {} : { cursor }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  };
}
