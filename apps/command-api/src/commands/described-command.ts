import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { DescribedProblem } from '../problems/described-problem';
import { CommandAnswerDto } from './command-answer.dto';

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
