import { HttpException } from '@nestjs/common';
import type { ProblemCode, ProblemDetails, ProblemFields } from '@uplift/contracts';
import { internalError, isProblemCode, problem, ProblemError } from '@uplift/contracts';
import { DomainError } from '@uplift/domain';
import {
  AppendNotTriedError,
  EventStoreRefusedError,
  EventStoreUnavailableError,
} from '@uplift/event-store';
import { BODY_TOO_LARGE } from '../input/read-dto';

const UNKNOWN_OUTCOME =
  'It is unknown whether the command took effect: repeat it with the same Idempotency-Key';
const NOT_SENT =
  'The event store takes no events at present, and what the command had still to store was not sent: repeat it with the same Idempotency-Key after a pause';
/** Which right, and whose, is for the operator alone: the health page has it. */
const REFUSED =
  'The event store denies this service a right: somebody has to grant it. It is unknown whether the command took effect: repeat it then with the same Idempotency-Key';

/** What the HTTP framework refuses before a handler runs, by its status. */
const REFUSED_BY_HTTP: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed-json',
  404: 'route-unknown',
  405: 'method-not-allowed',
  415: 'unsupported-media-type',
};

/** The problem document of any error; what is not known stays inside and reads `internal-error`. */
export function toProblem(error: unknown): ProblemDetails {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof EventStoreUnavailableError) {
    return problem('event-store-unavailable', whatBecame(error));
  }
  if (error instanceof HttpException) return fromHttp(error);
  if (error instanceof Error && hasKnownCode(error)) {
    return problem(error.code, error.message, error instanceof DomainError ? fieldsOf(error) : {});
  }
  return internalError();
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
  if (status === 413) return BODY_TOO_LARGE;
  const code = REFUSED_BY_HTTP[status];
  if (code !== undefined) return problem(code, error.message);
  if (status >= 500) return internalError();
  return { ...problem('request-refused', error.message), status };
}

function whatBecame(error: EventStoreUnavailableError): string {
  if (error instanceof AppendNotTriedError) return NOT_SENT;
  return error instanceof EventStoreRefusedError ? REFUSED : UNKNOWN_OUTCOME;
}
