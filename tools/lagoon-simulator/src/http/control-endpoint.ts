import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatorControls } from '../simulator-controls';
import { sendJson } from './answers';
import {
  isBuildSpec,
  isClockSpec,
  isEnvironmentSpec,
  isFaultSpec,
  isOutageSpec,
} from './control-schemas';
import { bodyOf, recordsIn } from './request-body';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const DEFAULT_CALLS = 100;

type Route = (records: readonly unknown[], query: URLSearchParams) => unknown;

class InvalidRecordError extends Error {}

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

function routesOf(controls: SimulatorControls): Record<string, Route> {
  return {
    'POST /control/environments': (records) => ({
      environments: all(records, isEnvironmentSpec).map((spec) => controls.place(spec)),
    }),
    'POST /control/builds': (records) => ({
      builds: all(records, isBuildSpec).map((spec) => controls.build(spec) ?? null),
    }),
    'POST /control/faults': (records) => {
      const specs = all(records, isFaultSpec);
      for (const spec of specs) controls.fault(spec);
      return { added: specs.length };
    },
    'DELETE /control/faults': () => {
      controls.clearFaults();
      return { cleared: true };
    },
    'POST /control/outage': (records) => {
      for (const { active } of all(records, isOutageSpec)) controls.outage(active);
      return { changed: records.length };
    },
    'POST /control/clock': (records) => {
      for (const { advanceSeconds } of all(records, isClockSpec)) controls.advance(advanceSeconds);
      return { changed: records.length };
    },
    'GET /control/ledger': (_records, query) =>
      controls.ledger(Number(query.get('calls') ?? DEFAULT_CALLS)),
    'DELETE /control/ledger': () => {
      controls.clearLedger();
      return { cleared: true };
    },
  };
}

function all<T>(records: readonly unknown[], fits: (record: unknown) => record is T): T[] {
  return records.map((record, index) => {
    if (fits(record)) return record;
    throw new InvalidRecordError(`record ${index + 1} does not fit: see the README for its fields`);
  });
}
