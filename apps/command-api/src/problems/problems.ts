import { HttpException } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';
import type { ProblemDetails } from '@uplift/contracts';
import { CONTENT_TYPES, ProblemError } from '@uplift/contracts';
import { DomainError } from '@uplift/domain';
import { EventStoreUnavailableError } from '@uplift/event-store';
import type { ProblemCode, ProblemRow } from './problem-table';
import { isProblemCode, PROBLEMS } from './problem-table';

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

const UNKNOWN_OUTCOME =
  'It is unknown whether the command took effect: repeat it with the same Idempotency-Key';

/** What the HTTP framework refuses before a handler runs, by its status. */
const REFUSED_BY_HTTP: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-json',
  404: 'route-unknown',
  405: 'method-not-allowed',
  413: 'body-too-large',
  415: 'unsupported-media-type',
};

/** The problem document of any error; what is not known stays inside and reads `internal-error`. */
export function toProblem(error: unknown): ProblemDetails {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof EventStoreUnavailableError) {
    return problem('event-store-unavailable', UNKNOWN_OUTCOME);
  }
  if (error instanceof HttpException) return fromHttp(error);
  if (error instanceof Error && hasKnownCode(error)) {
    return problem(error.code, error.message, error instanceof DomainError ? fieldsOf(error) : {});
  }
  return problem('internal-error', 'The cause is in the log of the service');
}

function hasKnownCode(error: Error): error is Error & { readonly code: ProblemCode } {
  return 'code' in error && typeof error.code === 'string' && isProblemCode(error.code);
}

function fieldsOf(error: DomainError): ProblemFields {
  const { currentStatus, allowedFrom } = error as Partial<
    Pick<ProblemDetails, 'currentStatus' | 'allowedFrom'>
  >;
  return {
    ...(currentStatus === undefined ? {} : { currentStatus }),
    ...(allowedFrom === undefined ? {} : { allowedFrom }),
  };
}

function fromHttp(error: HttpException): ProblemDetails {
  const status = error.getStatus();
  const code = REFUSED_BY_HTTP[status];
  if (code !== undefined) return problem(code, error.message);
  if (status >= 500) return problem('internal-error', 'The cause is in the log of the service');
  return { ...problem('request-refused', error.message), status };
}

export class ProblemFaultDto {
  @ApiProperty({ description: 'JSON pointer of the place' })
  readonly pointer!: string;

  @ApiProperty()
  readonly detail!: string;
}

export class ProblemDto implements ProblemDetails {
  @ApiProperty({ description: 'Stable reference of the rule, see /problems' })
  readonly type!: string;

  @ApiProperty()
  readonly title!: string;

  @ApiProperty({ type: 'integer', minimum: 400, maximum: 599 })
  readonly status!: number;

  @ApiProperty({ description: 'What was wrong and what to do about it' })
  readonly detail!: string;

  @ApiProperty()
  readonly code!: string;

  @ApiProperty({ required: false })
  readonly instance?: string;

  @ApiProperty({ required: false, format: 'uuid' })
  readonly instanceId?: string;

  @ApiProperty({ required: false, description: 'Present status of the instance' })
  readonly currentStatus?: string;

  @ApiProperty({ required: false, type: [String], description: 'Statuses that would allow it' })
  readonly allowedFrom?: readonly string[];

  @ApiProperty({ required: false, description: 'The same request may succeed later' })
  readonly retryable?: boolean;

  @ApiProperty({ required: false, type: [ProblemFaultDto] })
  readonly errors?: readonly ProblemFaultDto[];
}

/** An answer that is a problem document, in the published description. */
export function DescribedProblem(status: number): MethodDecorator {
  const schema = { $ref: `#/components/schemas/${ProblemDto.name}` };
  return ApiResponse({
    status,
    description: 'Problem',
    content: { [CONTENT_TYPES.problem]: { schema } },
  });
}
