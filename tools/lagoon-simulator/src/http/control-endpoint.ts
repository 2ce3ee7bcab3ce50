import * as schemas from './control-schemas';
import type { SimulatorControls } from '../simulator-controls';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, recordsIn, sendJson } from './http-messages';

/** Answers the body of the response. Throws InvalidRecordError before anything of the body took effect. */
export type Route = (records: readonly unknown[], query: URLSearchParams) => unknown;

type Routes = Readonly<Record<string, Route>>;

const DEFAULT_CALLS = 100;

export class InvalidRecordError extends Error {}

export function controlRoutesOf(controls: SimulatorControls): Routes {
  return { ...worldRoutes(controls), ...callRoutes(controls), ...ledgerRoutes(controls) };
}

function worldRoutes(controls: SimulatorControls): Routes {
  return {
    'POST /control/environments': (records) => ({
      environments: all(records, schemas.isEnvironmentSpec).map((spec) => controls.place(spec)),
    }),
    'POST /control/builds': (records) => ({
      builds: all(records, schemas.isBuildSpec).map((spec) => controls.build(spec) ?? null),
    }),
    'DELETE /control/builds': (records) => ({
      removed: all(records, schemas.isBuildName).map((build) => controls.removeBuild(build)),
    }),
    'GET /control/variables': (_records, query) => ({
      variables: controls.variables(query.get('project')),
    }),
    'POST /control/clock': (records) =>
      forEach(all(records, schemas.isClockSpec), ({ advanceSeconds }) => {
        controls.advance(advanceSeconds);
      }),
  };
}

function callRoutes(controls: SimulatorControls): Routes {
  return {
    'POST /control/faults': (records) => {
      const { changed } = forEach(all(records, schemas.isFaultSpec), (spec) => {
        controls.fault(spec);
      });
      return { added: changed };
    },
    'DELETE /control/faults': () => cleared(controls.clearFaults()),
    'POST /control/outage': (records) =>
      forEach(all(records, schemas.isOutageSpec), ({ active }) => {
        controls.outage(active);
      }),
    'POST /control/tokens': (records) =>
      forEach(all(records, schemas.isTokenRule), (rule) => {
        controls.token(rule);
      }),
    'DELETE /control/tokens': () => cleared(controls.clearTokens()),
    'POST /control/account': (records) =>
      forEach(all(records, schemas.isAccountSpec), (account) => {
        controls.account(account);
      }),
  };
}

function ledgerRoutes(controls: SimulatorControls): Routes {
  return {
    'GET /control/ledger': (_records, query) =>
      controls.ledger(Number(query.get('calls') ?? DEFAULT_CALLS)),
    'DELETE /control/ledger': () => cleared(controls.clearLedger()),
  };
}

function cleared(_done: void): { cleared: true } {
  return { cleared: true };
}

function forEach<T>(specs: readonly T[], apply: (spec: T) => void): { changed: number } {
  for (const spec of specs) apply(spec);
  return { changed: specs.length };
}

function all<T>(records: readonly unknown[], fits: (record: unknown) => record is T): T[] {
  return records.map((record, index) => {
    if (fits(record)) return record;
    throw new InvalidRecordError(`record ${index + 1} does not fit: see the README for its fields`);
  });
}

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
