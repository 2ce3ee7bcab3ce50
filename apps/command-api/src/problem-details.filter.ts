import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import type { ProblemDetails } from '@uplift/contracts';
import { CONTENT_TYPES, ProblemError } from '@uplift/contracts';
import { throwError } from 'rxjs';
import type { HttpReply } from './http/http-exchange';
import { toProblem } from './problems/to-problem';

const RETRY_AFTER_SECONDS = '1';

/** The last word on every error, at both doors: one problem document. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger('errors');

  catch(error: unknown, host: ArgumentsHost): unknown {
    const document = toProblem(error);
    if (document.code === 'internal-error') this.logger.error(error, 'unexpected');
    if (host.getType() !== 'http') return throwError(() => asProblemError(error, document));
    return this.answer(host.switchToHttp().getResponse<HttpReply>(), document);
  }

  private answer(reply: HttpReply, document: ProblemDetails): unknown {
    reply.header('content-type', CONTENT_TYPES.problem);
    reply.header('cache-control', 'no-store');
    if (document.retryable === true) reply.header('retry-after', RETRY_AFTER_SECONDS);
    return reply.status(document.status).send(JSON.stringify(document));
  }
}

function asProblemError(error: unknown, document: ProblemDetails): ProblemError {
  return error instanceof ProblemError ? error : new ProblemError(document, { cause: error });
}
