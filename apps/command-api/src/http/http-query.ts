import type { ExecutionContext, Type } from '@nestjs/common';
import { applyDecorators, createParamDecorator } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { DescribedProblem, refusal } from '../problems/problems';
import type { PageParametersDto } from '../queries/query-parameters.dto';
import type { HttpRequest } from './http-exchange';
import { headerOf } from './http-exchange';

const CODES = [400, 404, 409, 503] as const;
const POSITION = /^\d{1,19}$/;

export interface Freshness {
  readonly minPosition?: string;
}

/** What every query over HTTP promises in the published description. */
export function DescribedQuery(summary: string, type: Type): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiHeader({
      name: 'Min-Position',
      required: false,
      description: 'Same as the parameter min-position',
    }),
    ApiResponse({ status: 200, type, description: 'What the read model knows, and how old it is' }),
    ...CODES.map((status) => DescribedProblem(status)),
  );
}

/** `min-position` as query parameter or header: answer only when the read model has come that far. */
export const MinPosition = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  const query = request.query as Readonly<Record<string, unknown>>;
  return freshness(query['min-position'] ?? headerOf(request, 'min-position'));
});

function freshness(position: unknown): Freshness {
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
