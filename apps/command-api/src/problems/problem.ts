import type { ProblemDetails } from '@uplift/contracts';
import { ProblemError } from '@uplift/contracts';
import type { ProblemCode, ProblemRow } from './problem-table';
import { PROBLEMS } from './problem-table';

/** What one occurrence adds to its row of the table. */
export type ProblemFields = Omit<
  ProblemDetails,
  'type' | 'title' | 'status' | 'code' | 'detail' | 'retryable'
>;

export function problem(
  code: ProblemCode,
  detail: string,
  fields: ProblemFields = {},
): ProblemDetails {
  const { status, title, retryable }: ProblemRow = PROBLEMS[code];
  return { type: `/problems#${code}`, title, status, detail, code, retryable, ...fields };
}

/** The error that shows the caller exactly this problem. */
export function refusal(code: ProblemCode, detail: string, fields?: ProblemFields): ProblemError {
  return new ProblemError(problem(code, detail, fields));
}
