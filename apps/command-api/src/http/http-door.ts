import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HttpOptions } from '@uplift/runtime';
import { ProblemDetailsFilter } from '../problem-details.filter';
import { describeApi } from '../pages/open-api';
import { PublishedApi } from '../pages/published-api';
import { problem } from '../problems/problem';
import type { HttpReply } from './http-exchange';
import { BODY_LIMIT_BYTES, REQUEST_TIMEOUT_MS } from './limits';
import { acceptBodies } from './request-bodies';
import { RouteTable } from './route-table';
import { sendProblem } from './send-problem';

/** The public HTTP door: limits, body formats, one shape of error. */
export function httpDoor(): HttpOptions {
  return {
    fastify: {
      bodyLimit: BODY_LIMIT_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      exposeHeadRoutes: false,
      frameworkErrors: refuseUrl,
    },
    configure: (app) => {
      acceptBodies(app);
      app.useGlobalFilters(new ProblemDetailsFilter(routesOf(app)));
      app.get(PublishedApi).describeWith(() => describeApi(app));
    },
  };
}

function routesOf(app: NestFastifyApplication): RouteTable {
  const routes = new RouteTable();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', ({ method, url }) => routes.add(method, url));
  return routes;
}

/** A URL that cannot be decoded reaches no route and no filter. */
function refuseUrl(_error: unknown, _request: unknown, reply: HttpReply): void {
  sendProblem(reply, problem('route-unknown', 'The URL cannot be decoded'));
}
