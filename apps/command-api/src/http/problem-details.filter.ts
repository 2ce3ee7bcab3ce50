import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import { problem } from '@uplift/contracts';
import { toProblem } from '../commands/to-problem';
import type { HttpReply, HttpRequest } from './http-exchange';
import { sendProblem } from './http-exchange';

interface Route {
  readonly method: string;
  readonly pattern: RegExp;
}

/** Which methods a path takes: tells "no such route" from "not with this method". */
export class RouteTable {
  private readonly routes: Route[] = [];

  add(method: string | readonly string[], url: string): void {
    const pattern = new RegExp(`^${url.replace(/:[A-Za-z]+/g, '[^/]+')}/?$`);
    for (const one of [method].flat()) this.routes.push({ method: one, pattern });
  }

  methodsOf(path: string): readonly string[] {
    const matching = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.map(({ method }) => method))];
  }
}

/** Answers every error over HTTP with one problem document. */
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
      return sendProblem(reply, problem('route-unknown', detail));
    }
    const allowed = methods.join(', ');
    reply.header('allow', allowed);
    const detail = `${method} is not possible here; possible: ${allowed}`;
    sendProblem(reply, problem('method-not-allowed', detail));
  }
}
