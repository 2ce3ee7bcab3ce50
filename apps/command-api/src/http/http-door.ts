import type { HttpOptions } from '@uplift/runtime';
import { ProblemDetailsFilter } from '../problem-details.filter';
import { acceptJson } from './json-body';
import { BODY_LIMIT_BYTES, REQUEST_TIMEOUT_MS } from './limits';

/** The public HTTP door: limits, body formats, one shape of error. */
export function httpDoor(): HttpOptions {
  return {
    fastify: { bodyLimit: BODY_LIMIT_BYTES, requestTimeout: REQUEST_TIMEOUT_MS },
    configure: (app) => {
      acceptJson(app);
      app.useGlobalFilters(new ProblemDetailsFilter());
    },
  };
}
