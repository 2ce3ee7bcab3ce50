import type { RpcExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import { ProblemError } from '@uplift/contracts';
import type { Observable } from 'rxjs';
import { throwError } from 'rxjs';
import { toProblem } from '../problems/to-problem';

/** The last word on every error over the bus: the document that HTTP would send. */
@Catch()
export class BusProblemFilter implements RpcExceptionFilter {
  private readonly logger = new Logger('errors');

  catch(error: unknown): Observable<never> {
    if (error instanceof ProblemError) return throwError(() => error);
    const document = toProblem(error);
    if (document.code === 'internal-error') this.logger.error(error, 'unexpected');
    return throwError(() => new ProblemError(document, { cause: error }));
  }
}
