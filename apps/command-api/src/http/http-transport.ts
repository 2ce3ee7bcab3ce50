import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { problem } from '@uplift/contracts';
import { BODY_LIMIT_BYTES } from '../input/read-dto';
import type { HttpReply } from './http-exchange';
import { sendProblem } from './http-exchange';
import { ProblemDetailsFilter, RouteTable } from './problem-details.filter';
import { acceptBodies } from './request-bodies';

/** Longest time a client may take to send a request. */
const REQUEST_TIMEOUT_MS = 60_000;

export const FASTIFY_OPTIONS = {
  bodyLimit: BODY_LIMIT_BYTES,
  requestTimeout: REQUEST_TIMEOUT_MS,
  exposeHeadRoutes: false,
  frameworkErrors: refuseUrl,
};

/** Body formats and one shape of error. */
export function configureHttp(app: NestFastifyApplication): void {
  acceptBodies(app);
  const routes = new RouteTable();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  app.useGlobalFilters(new ProblemDetailsFilter(routes));
}

/** A URL that cannot be decoded reaches no route and no filter. */
function refuseUrl(_error: unknown, _request: unknown, reply: HttpReply): void {
  sendProblem(reply, problem('route-unknown', 'The URL cannot be decoded'));
}
