import { applyDecorators } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { DescribedProblem } from '../problems/described-problem';

const CODES = [400, 404, 409, 503] as const;

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
