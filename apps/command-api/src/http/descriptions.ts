import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { QueryName } from '@uplift/contracts';
import { ANSWERS, CONTENT_TYPES, queryParameters, toOpenApi } from '@uplift/contracts';
import { QUERY_ANSWERS } from '../queries/read-model';

/* What operations promise in the published description. */

const COMMAND_PROBLEMS = [400, 404, 409, 412, 413, 415, 422, 500, 503];
const QUERY_PROBLEMS = [400, 404, 409, 503];

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
    DescribedAnswer(202, 'command', 'Accepted and stored'),
    DescribedAnswer(200, 'command', 'Known, or held already'),
    DescribedProblems(...COMMAND_PROBLEMS),
  );
}

export function DescribedQuery(query: QueryName, summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ...queryParameters(query).map(({ name, schema: { description, ...schema } }) =>
      ApiQuery({
        name,
        required: false,
        description: String(description),
        schema: toOpenApi(schema) as object,
      }),
    ),
    ApiHeader({
      name: 'Min-Position',
      required: false,
      description: 'Same as the parameter min-position',
    }),
    DescribedAnswer(200, QUERY_ANSWERS[query], 'What the read model knows, and how old it is'),
    DescribedProblems(...QUERY_PROBLEMS),
  );
}

export function DescribedAnswer(
  status: number,
  answer: keyof typeof ANSWERS,
  description: string,
): MethodDecorator {
  return ApiResponse({ status, description, schema: toOpenApi(ANSWERS[answer].json) as object });
}

/** Answers that are problem documents. */
export function DescribedProblems(...statuses: readonly number[]): MethodDecorator {
  const schema = toOpenApi(ANSWERS.problem.json) as object;
  const content = { [CONTENT_TYPES.problem]: { schema } };
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, description: 'Problem', content })),
  );
}
