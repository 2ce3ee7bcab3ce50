import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatorControls } from '../simulator-controls';
import { sendJson } from './answers';
import type { Route } from './control-routes';
import { controlRoutesOf } from './control-routes';
import { bodyOf, recordsIn } from './request-body';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** `/control/...`: what tests and demos do to the simulator. Every body is JSON, an array, or NDJSON. */
export class ControlEndpoint {
  private readonly routes: Readonly<Record<string, Route>>;

  constructor(controls: SimulatorControls) {
    this.routes = controlRoutesOf(controls);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = this.routes[`${request.method ?? 'GET'} ${url.pathname}`];
    if (route === undefined) return sendJson(response, 404, { error: 'no such control' });
    try {
      const records = recordsIn(await bodyOf(request, MAX_BODY_BYTES));
      sendJson(response, 200, route(records, url.searchParams));
    } catch (error) {
      const message = error instanceof Error ? error.message : 'invalid body';
      sendJson(response, 400, { error: message });
    }
  }
}
