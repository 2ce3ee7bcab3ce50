import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GraphqlLagoon } from '../graphql/graphql.lagoon';
import { StaticTokenSource } from '../token/token-source';
import { Clock, systemClock } from '@uplift/runtime';
import { LagoonCircuitOpenError } from '../lagoon.outcomes';
import type { LagoonCore } from './lagoon-cores';
import { guardedCore } from './open-cores';
import { CONTEXT, NOBODY, RULES } from '../testing/guarded-fixture';
import { UNLIMITED } from '../testing/unguarded-core';

type Answer = (response: ServerResponse) => void;

const json = (status: number, value: unknown): Answer => {
  return (response) => response.writeHead(status).end(JSON.stringify(value));
};
const refusal = (message: string) => json(200, { errors: [{ message }], data: null });

const noSignal = () => new AbortController().signal;

/** Pauses take a hundredth of their time. */
class HurriedClock extends Clock {
  override wall = () => systemClock.wall();
  override monotonic = () => systemClock.monotonic();
  override after = (ms: number, run: () => void) => systemClock.after(ms, run);

  override pause(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.pause(ms / 100, signal);
  }
}
const hurried = new HurriedClock();

/** On which time only passes when it is told to. */
class StandingClock extends HurriedClock {
  private readonly timers = new Set<() => void>();

  override after = (_ms: number, run: () => void) => {
    this.timers.add(run);
    return () => this.timers.delete(run);
  };

  expire(): void {
    for (const run of this.timers) run();
  }
}
const standing = new StandingClock();

describe('requests that a guarded core sends', () => {
  let answer: Answer;
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      requests += 1;
      answer(response);
    });
  });
  let url = '';
  let lagoon: GraphqlLagoon;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  });

  beforeEach(() => {
    requests = 0;
    const token = new StaticTokenSource('t');
    lagoon = new GraphqlLagoon({ url, token }, standing);
  });

  afterEach(() => lagoon.close());

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  function guarded(breakerFailures: number): LagoonCore {
    const agreement = { name: 'core-a', requestsPerSecond: 0, settings: UNLIMITED };
    const rules = { ...RULES, breakerFailures, retryBudgetPercent: 1_000 };
    return guardedCore(lagoon, agreement, rules, { ...CONTEXT, clock: hurried, observer: NOBODY });
  }

  const deploy = (core: LagoonCore) =>
    core.lagoon.deployLatest({ environmentId: 1, bulkName: 'marker' }, noSignal());

  const TABLE: readonly (readonly [string, Answer, number])[] = [
    ['500', json(500, {}), 4],
    ['502 in HTML', (response) => response.writeHead(502).end('<html></html>'), 4],
    ['503', json(503, {}), 4],
    ['504', json(504, {}), 4],
    ['429', json(429, {}), 4],
    ['a reset', (response) => response.destroy(), 4],
    ['no answer in time', () => standing.expire(), 4],
    ['400', json(400, { errors: [{ message: 'no' }] }), 1],
    ['413', json(413, {}), 1],
    ['401', json(401, { errors: [{ message: 'Unauthorized' }] }), 1],
    ['200 in HTML', (response) => response.end('<html></html>'), 1],
    ['truncated JSON', (response) => response.end('{"data":{"lag'), 1],
    ['an empty body', (response) => response.end(), 1],
    ['a permission text', refusal(`Unauthorized: You don't have permission to "x" on "y"`), 1],
    ['a text nobody knows', refusal('Something else'), 1],
  ];

  it.each(TABLE)('for a read answered with %s are few', async (_what, given, expected) => {
    answer = given;
    await expect(guarded(100).lagoon.ping()).rejects.toThrow();
    expect(requests).toBe(expected);
  });

  it.each(TABLE)('for a mutation answered with %s are one', async (_what, given) => {
    answer = given;
    expect((await deploy(guarded(100))).kind).not.toBe('accepted');
    expect(requests).toBe(1);
  });

  it.each(TABLE.filter(([, , repeated]) => repeated === 4))(
    'are none at all once %s has opened the breaker',
    async (_what, given) => {
      answer = given;
      const core = guarded(2);
      await deploy(core);
      expect(core.breaker.state).toBe('closed');
      await deploy(core);
      expect(core.breaker.state).toBe('open');
      expect(await deploy(core)).toMatchObject({ kind: 'refused', cause: 'not-sent' });
      await expect(core.lagoon.ping()).rejects.toThrow(LagoonCircuitOpenError);
      expect(requests).toBe(2);
    },
  );
});
