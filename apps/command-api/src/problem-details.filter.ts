import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import type { HttpReply, HttpRequest } from './http/http-exchange';
import { sendProblem } from './http/send-problem';
import type { RouteTable } from './http/route-table';
import { refusal } from './problems/problem';
import { toProblem } from './problems/to-problem';

/** The last word on every error over HTTP: one problem document. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger('errors');

  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<HttpReply>();
    const document = toProblem(error);
    if (document.code === 'internal-error') this.logger.error(error, 'unexpected');
    if (document.code !== 'route-unknown') return sendProblem(reply, document);
    this.refuseRoute(http.getRequest<HttpRequest>(), reply);
  }

  private refuseRoute({ method, url }: HttpRequest, reply: HttpReply): void {
    const [path = ''] = url.split('?');
    const methods = this.routes.methodsOf(path);
    if (methods.length === 0) {
      const detail = 'See /docs for the operations of this service';
      return sendProblem(reply, refusal('route-unknown', detail).problem);
    }
    const allowed = methods.join(', ');
    reply.header('allow', allowed);
    const detail = `${method} is not possible here; possible: ${allowed}`;
    sendProblem(reply, refusal('method-not-allowed', detail).problem);
  }
}
