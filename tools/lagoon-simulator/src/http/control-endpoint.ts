import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatorControls } from '../simulator-controls';
import * as schemas from './control-schemas';
import { bodyOf, recordsIn, sendJson } from './http-messages';

/** Answers the body of the response. Throws before anything of the records took effect. */
type Route = (records: readonly unknown[], query: URLSearchParams) => unknown;

const DEFAULT_CALLS = 100;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** `/control/...`: what tests and demos do to the simulator. Every body is JSON, an array, or NDJSON. */
export class ControlEndpoint {
  private readonly routes: Readonly<Record<string, Route>>;

  constructor(controls: SimulatorControls) {
    this.routes = routesOf(controls);
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

function routesOf(controls: SimulatorControls): Readonly<Record<string, Route>> {
  return {
    'POST /control/environments': list('environments', schemas.isEnvironmentSpec, (spec) =>
      controls.place(spec),
    ),
    'POST /control/builds': list(
      'builds',
      schemas.isBuildSpec,
      (spec) => controls.build(spec) ?? null,
    ),
    'DELETE /control/builds': list('removed', schemas.isBuildName, (build) =>
      controls.removeBuild(build),
    ),
    'GET /control/variables': (_, query) => ({
      variables: controls.variables(query.get('project')),
    }),
    'POST /control/clock': count('changed', schemas.isClockSpec, ({ advanceSeconds }) =>
      controls.advance(advanceSeconds),
    ),
    'POST /control/faults': count('added', schemas.isFaultSpec, (spec) => controls.fault(spec)),
    'DELETE /control/faults': clear(() => controls.clearFaults()),
    'POST /control/outage': count('changed', schemas.isOutageSpec, ({ active }) =>
      controls.outage(active),
    ),
    'POST /control/tokens': count('changed', schemas.isTokenRule, (rule) => controls.token(rule)),
    'DELETE /control/tokens': clear(() => controls.clearTokens()),
    'POST /control/account': count('changed', schemas.isAccountSpec, (account) =>
      controls.account(account),
    ),
    'GET /control/ledger': (_, query) =>
      controls.ledger(Number(query.get('calls') ?? DEFAULT_CALLS)),
    'DELETE /control/ledger': clear(() => controls.clearLedger()),
  };
}

type Fits<T> = (record: unknown) => record is T;

/** Answers what came of each record. */
function list<T>(key: string, fits: Fits<T>, apply: (spec: T) => unknown): Route {
  return (records) => ({ [key]: all(records, fits).map(apply) });
}

/** Answers how many records there were. */
function count<T>(key: string, fits: Fits<T>, apply: (spec: T) => void): Route {
  return (records) => ({ [key]: all(records, fits).map(apply).length });
}

function clear(apply: () => void): Route {
  return () => {
    apply();
    return { cleared: true };
  };
}

function all<T>(records: readonly unknown[], fits: Fits<T>): T[] {
  return records.map((record, index) => {
    if (fits(record)) return record;
    throw new TypeError(`record ${index + 1} does not fit: see the README for its fields`);
  });
}
