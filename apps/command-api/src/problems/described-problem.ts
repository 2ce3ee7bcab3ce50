import { ApiResponse } from '@nestjs/swagger';
import { CONTENT_TYPES } from '@uplift/contracts';
import { ProblemDto } from './problem.dto';

/** An answer that is a problem document, in the published description. */
export function DescribedProblem(status: number): MethodDecorator {
  const schema = { $ref: `#/components/schemas/${ProblemDto.name}` };
  return ApiResponse({
    status,
    description: 'Problem',
    content: { [CONTENT_TYPES.problem]: { schema } },
  });
}
