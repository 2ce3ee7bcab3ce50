import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.outcomes';
import { StaticTokenSource } from '../token/token-source';
import { GraphqlLagoon } from './graphql.lagoon';
import { tracesIn } from '../testing/traces-in';
import { systemClock } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';

type Answer = (response: ServerResponse) => void;

const json = (status: number, value: unknown): Answer => {
  return (response) => response.writeHead(status).end(JSON.stringify(value));
};
// Stops this process for a while, timers and connections with it.
const freeze = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const noSignal = () => new AbortController().signal;
const MARKER = { environmentId: 1, bulkName: 'marker' };

/** A source that moves on to the next token as soon as one is rejected. */
function tokensInTurn(...texts: string[]) {
  const rejected: string[] = [];
  const source = {
    token: () => Promise.resolve(texts[rejected.length] ?? ''),
    rejected: (token: string) => void rejected.push(token),
  };
  return { source, rejected };
}

describe('the GraphQL adapter on the wire', () => {
  let answer: Answer = json(200, {});
  const requests: { headers: IncomingMessage['headers']; port: number; body: string }[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ headers: request.headers, port: request.socket.remotePort ?? 0, body });
      answer(response);
    });
  }).on('connection', () => (connections += 1));
  let url = '';
  let lagoon: GraphqlLagoon;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });
  beforeEach(() => {
    requests.length = 0;
    connections = 0;
    lagoon = new GraphqlLagoon(
      {
        url,
        token: new StaticTokenSource('canary-token'),
        timeoutMs: 3000,
      },
      systemClock,
    );
  });
  afterEach(() => lagoon.close());
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('writes no stack trace for a mutation that went well', async () => {
    answer = json(200, { data: { deployEnvironmentLatest: 'lagoon-build-1' } });
    const traces = await tracesIn('undici', () => lagoon.deployLatest(MARKER, noSignal()));
    expect(traces).toEqual([]);
  });

  it('sends every mutation on a connection of its own', async () => {
    answer = json(200, { data: { deployEnvironmentLatest: 'lagoon-build-1' } });
    for (let n = 0; n < 3; n += 1) await lagoon.deployLatest(MARKER, noSignal());
    expect(connections).toBe(3);
    expect(new Set(requests.map(({ port }) => port)).size).toBe(3);
    expect(requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close', 'close']);
  });

  it('keeps the connections of reads', async () => {
    answer = json(200, { data: { lagoonVersion: 'v2' } });
    for (let n = 0; n < 20; n += 1) await lagoon.ping();
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('passes values as variables only', async () => {
    answer = json(200, { data: { projectByName: null } });
    const project = '"}){__schema{types{name}}}';
    expect(await lagoon.findEnvironment({ project, environment: 'main' })).toBeNull();
    const body = JSON.parse(requests[0]!.body) as { query: string; variables: unknown };
    expect(body.query).not.toContain('__schema');
    expect(body.variables).toEqual({ project });
  });

  it.each<[string, Answer]>([
    ['500', json(500, {})],
    ['503', json(503, {})],
    ['504', json(504, {})],
    ['429', json(429, {})],
    ['413', json(413, {})],
    ['a reset', (response) => response.destroy()],
    ['HTML', (response) => response.end('<html></html>')],
    [
      'a cut answer',
      (response) => response.writeHead(200, { 'content-length': 9 }).write('{"data"'),
    ],
  ])('sends a mutation once, and calls it ambiguous: %s', async (_what, given) => {
    answer = (response) => {
      given(response);
      setImmediate(() => response.destroy());
    };
    const result = await lagoon.deployLatest(MARKER, noSignal());
    expect(result.kind).toBe('ambiguous');
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Answer, new (...given: never[]) => Error]>([
    ['500', json(500, {}), LagoonUnavailableError],
    ['429', json(429, {}), LagoonUnavailableError],
    ['a reset', (response) => response.destroy(), LagoonUnavailableError],
    ['401', json(401, { errors: [{ message: 'Unauthorized - x' }] }), LagoonUnauthenticatedError],
    ['400', json(400, { errors: [{ message: 'x' }] }), LagoonRefusedError],
    ['HTML', (response) => response.end('<html></html>'), LagoonAnswerError],
    ['an unknown error', json(200, { errors: [{ message: 'x' }], data: null }), LagoonAnswerError],
    ['no field', json(200, { data: {} }), LagoonAnswerError],
    ['a wrong type', json(200, { data: { lagoonVersion: 7 } }), LagoonAnswerError],
  ])('sends a read once and throws: %s', async (_what, given, error) => {
    answer = given;
    await expect(lagoon.ping()).rejects.toThrow(error);
    expect(requests).toHaveLength(1);
  });

  it('stops reading an answer over 5 MiB', async () => {
    const flood = JSON.stringify({ data: { lagoonVersion: 'x'.repeat(6 * 1024 * 1024) } });
    answer = (response) => response.end(flood);
    await expect(lagoon.ping()).rejects.toThrow(/UND_ERR_RES_EXCEEDED_MAX_SIZE/);
    expect((await lagoon.deployLatest(MARKER, noSignal())).kind).toBe('ambiguous');
  });

  it('repeats a read whose token was not accepted once, with another token', async () => {
    const { source, rejected } = tokensInTurn('old', 'new', 'newer');
    const renewing = new GraphqlLagoon({ url, token: source }, systemClock);
    answer = (response) => {
      const isOld = requests.at(-1)?.headers.authorization === 'Bearer old';
      json(isOld ? 401 : 200, { data: { lagoonVersion: 'v2' } })(response);
    };
    expect(await renewing.ping()).toBe('v2');
    answer = json(401, {});
    await expect(renewing.ping()).rejects.toThrow(LagoonUnauthenticatedError);
    expect(rejected).toEqual(['old', 'new', 'newer']);
    expect(requests).toHaveLength(4);
    await renewing.close();
  });

  it('does not repeat a read if there is no other token', async () => {
    answer = json(401, {});
    await expect(lagoon.ping()).rejects.toThrow(LagoonUnauthenticatedError);
    expect(requests).toHaveLength(1);
  });

  it('repeats no read after its end', async () => {
    const clock = new VirtualClock();
    const tokens = [Promise.resolve('old')];
    const outOfTime = () => {
      void clock.advance(80);
      return new Promise<string>(() => undefined);
    };
    const source = { token: () => tokens.shift() ?? outOfTime(), rejected: () => undefined };
    const hasty = new GraphqlLagoon({ url, token: source, timeoutMs: 80 }, clock);
    answer = json(401, {});
    await expect(hasty.ping()).rejects.toThrow('no token: no answer in 80 ms');
    expect(requests).toHaveLength(1);
    await hasty.close();
  });

  it('never repeats a mutation whose token was not accepted, but tells its source', async () => {
    const { source, rejected } = tokensInTurn('old', 'new');
    const renewing = new GraphqlLagoon({ url, token: source }, systemClock);
    answer = json(401, { errors: [{ message: 'Unauthorized - Bearer token expired' }] });
    const refused = await renewing.deployLatest(MARKER, noSignal());
    expect(refused).toMatchObject({ kind: 'refused', cause: 'unauthenticated', retryable: true });
    expect(rejected).toEqual(['old']);
    expect(requests).toHaveLength(1);
    await renewing.close();
  });

  it('takes a row that does not fit for an unknown shape', async () => {
    const deployments = [{ id: 1, name: 'lagoon-build-1', status: null }];
    answer = json(200, { data: { environmentById: { deployments } } });
    await expect(lagoon.deploymentsOf(1, { limit: 1 })).rejects.toThrow(LagoonAnswerError);
  });

  it('keeps what it got when a part of many look-ups failed', async () => {
    const deployments = [{ id: 1, name: 'lagoon-build-1', status: 'running' }];
    const errors = [{ message: 'Unauthorized', path: ['s1'] }];
    answer = json(200, { data: { s0: { deployments }, s1: null }, errors });
    const found = await lagoon.deploymentsOfMany([{ environmentId: 5 }, { environmentId: 6 }]);
    expect([...found.keys()]).toEqual([5]);
  });

  it.each(['success', 'Skipped: x', 'lagoon-build-../x', 'lagoon-build-abc\n', 'x lagoon-build-a'])(
    'does not take %j for a build name',
    async (name) => {
      answer = json(200, { data: { deployEnvironmentLatest: name } });
      expect((await lagoon.deployLatest(MARKER, noSignal())).kind).toBe('ambiguous');
    },
  );

  it('calls a mutation ambiguous that is aborted or too late after it was sent', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    expect((await lagoon.deployLatest(MARKER, stop.signal)).kind).toBe('ambiguous');
    const clock = new VirtualClock();
    answer = () => void clock.advance(80);
    const hasty = new GraphqlLagoon(
      { url, token: new StaticTokenSource('t'), timeoutMs: 80 },
      clock,
    );
    const late = await hasty.deployLatest(MARKER, noSignal());
    expect(late).toEqual({ kind: 'ambiguous', evidence: 'no answer: no answer in 80 ms' });
    await expect(hasty.ping()).rejects.toThrow(LagoonUnavailableError);
    await hasty.close();
  });

  it('sends nothing when the process was frozen past the end of the call', async () => {
    answer = json(200, {
      data: { lagoonVersion: 'v2', deployEnvironmentLatest: 'lagoon-build-1' },
    });
    await lagoon.ping();
    for (let n = 0; n < 5; n += 1) {
      const signal = AbortSignal.timeout(30);
      freeze(60);
      const result = await lagoon.deployLatest(MARKER, signal);
      expect(result).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
    }
    expect(requests).toHaveLength(1);
  });

  it('calls a mutation refused that surely was not sent', async () => {
    const never = new GraphqlLagoon(
      {
        url,
        token: { token: () => Promise.reject(new Error('canary')), rejected: () => undefined },
      },
      systemClock,
    );
    const noToken = await never.deployLatest(MARKER, noSignal());
    expect(noToken).toMatchObject({ kind: 'refused', cause: 'not-sent', retryable: true });
    const closed = new GraphqlLagoon(
      {
        url: 'http://127.0.0.1:1/',
        token: new StaticTokenSource('t'),
      },
      systemClock,
    );
    const noPort = await closed.deployLatest(MARKER, noSignal());
    expect(noPort).toMatchObject({ kind: 'refused', cause: 'not-sent', reason: 'ECONNREFUSED' });
    expect(requests).toEqual([]);
  });

  it('never shows the token, nor what Lagoon wrote, in an error', async () => {
    answer = json(200, { errors: [{ message: 'canary-upstream canary-token' }], data: null });
    const error: unknown = await lagoon.ping().catch((thrown: unknown) => thrown);
    const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack ?? ''}`;
    expect(shown).not.toMatch(/canary-(?:token|upstream)/);
    const refused = await lagoon.deployLatest(MARKER, noSignal());
    expect(JSON.stringify(refused)).not.toContain('canary');
  });

  it('speaks plain HTTP to nobody but this machine', () => {
    const token = new StaticTokenSource('t');
    expect(
      () => new GraphqlLagoon({ url: 'http://lagoon.example.com/graphql', token }, systemClock),
    ).toThrow(/https/);
  });
});
