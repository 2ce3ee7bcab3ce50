import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Hands an error on to the strategy as it is: Nest's own filter would replace it by "Internal server error".
 * Every controller with bus handlers carries `@UseFilters(BusExceptionFilter)`.
 */
@Catch()
export class BusExceptionFilter implements RpcExceptionFilter {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}
