import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { CommandAnswerDto } from '../commands/command-answer.dto';
import { DescribedProblem } from '../problems/described-problem';
import { RUNNING_STATUSES } from './running-statuses';

const CODES = [400, 401, 404, 409, 503] as const;

export function DescribedCallback(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiParam({ name: 'uuid', schema: { type: 'string', format: 'uuid' } }),
    ApiParam({ name: 'status', enum: RUNNING_STATUSES }),
    ApiQuery({ name: 'token', required: false, schema: { type: 'string' } }),
    ApiResponse({ status: 200, type: CommandAnswerDto, description: 'Taken' }),
    ...CODES.map((status) => DescribedProblem(status)),
  );
}
