import type { RunningSimulator } from './lagoon-simulator';
import { startLagoonSimulator } from './lagoon-simulator';
import type { LedgerPage } from './ledger';

const DEPLOY = `mutation Deploy($input: DeployEnvironmentLatestInput!) {
  deployEnvironmentLatest(input: $input)
}`;
const STATUSES = `query Statuses($id: Int!) {
  environmentById(id: $id) { deployments { name status buildStep bulkName } }
}`;

describe('the simulator over HTTP', () => {
  let simulator: RunningSimulator;
  let origin: string;

  async function start(clockSpeed: number): Promise<void> {
    simulator = await startLagoonSimulator({ clockSpeed });
    origin = `http://127.0.0.1:${simulator.port}`;
  }
  beforeEach(() => start(0));
  afterEach(() => simulator.close());

  const control = (method: string, path: string, body?: string) =>
    fetch(`${origin}/control/${path}`, { method, ...(body === undefined ? {} : { body }) });

  async function ask(query: string, variables: object, token = 'Bearer t'): Promise<Response> {
    return fetch(simulator.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: token },
      body: JSON.stringify({ query, variables }),
    });
  }

  async function place(spec: object): Promise<number> {
    const response = await control('POST', 'environments', JSON.stringify([spec]));
    const body = (await response.json()) as { environments: { environmentId: number }[] };
    return body.environments[0]!.environmentId;
  }

  const deploy = (id: number, bulkName: string) =>
    ask(DEPLOY, { input: { environment: { id }, bulkName, returnData: true } });

  async function builds(id: number): Promise<{ status: string; bulkName: string | null }[]> {
    const body = (await (await ask(STATUSES, { id })).json()) as {
      data: { environmentById: { deployments: { status: string; bulkName: string | null }[] } };
    };
    return body.data.environmentById.deployments;
  }

  const ledger = async () => (await (await control('GET', 'ledger')).json()) as LedgerPage;
  const APP = { project: 'app', environment: 'main' };

  it('creates many environments from NDJSON and answers their routes', async () => {
    const lines = Array.from({ length: 1000 }, (_, n) =>
      JSON.stringify({ ...APP, project: `p${n}` }),
    );
    const response = await control('POST', 'environments', lines.join('\n'));
    const { environments } = (await response.json()) as { environments: { route: string }[] };
    expect(environments).toHaveLength(1000);
    expect(environments[7]?.route).toBe(`${origin}/apps/p7/main`);
  });

  it.each(['{"project":"p"}', '{"project":"p","environment":"e","surprise":1}', 'nonsense'])(
    'refuses the record %s',
    async (body) => expect((await control('POST', 'environments', body)).status).toBe(400),
  );

  it('walks a build as the clock is moved on', async () => {
    const id = await place(APP);
    await deploy(id, 'm');
    const seen: string[] = [];
    for (const advanceSeconds of [0, 3, 3, 10, 100, 1000]) {
      await control('POST', 'clock', JSON.stringify({ advanceSeconds }));
      seen.push((await builds(id))[0]!.status);
    }
    expect(seen).toEqual(['new', 'queued', 'pending', 'running', 'running', 'complete']);
  });

  it('completes at once when the clock is instant', async () => {
    await simulator.close();
    await start(Infinity);
    const id = await place(APP);
    await deploy(id, 'm');
    expect(await builds(id)).toMatchObject([{ status: 'complete', bulkName: 'm' }]);
  });

  it('fails as many builds as it was told, and the app stays healthy', async () => {
    const id = await place({ ...APP, failBuild: 1 });
    for (const bulkName of ['first', 'second']) {
      await deploy(id, bulkName);
      await control('POST', 'clock', '{"advanceSeconds":10000}');
    }
    expect((await builds(id)).map(({ status }) => status)).toEqual(['complete', 'failed']);
    expect((await fetch(`${origin}/apps/app/main/health`)).status).toBe(200);
  });

  it("answers the app's health page as it was told", async () => {
    await place({ ...APP, unhealthy: true });
    expect((await fetch(`${origin}/apps/app/main`)).status).toBe(503);
    await place({ ...APP, health: 'close' });
    await expect(fetch(`${origin}/apps/app/main`)).rejects.toThrow();
    await place({ ...APP, health: 'hang' });
    const hanging = fetch(`${origin}/apps/app/main`, { signal: AbortSignal.timeout(50) });
    await expect(hanging).rejects.toThrow();
    expect((await fetch(`${origin}/apps/app/other`)).status).toBe(404);
  });

  it("changes the app's health when a build completes, if it was told to", async () => {
    const id = await place({ ...APP, healthAfterBuild: 'unhealthy' });
    await deploy(id, 'm');
    expect((await fetch(`${origin}/apps/app/main`)).status).toBe(200);
    await control('POST', 'clock', '{"advanceSeconds":10000}');
    expect((await fetch(`${origin}/apps/app/main`)).status).toBe(503);
  });

  it('shows a build that somebody else started', async () => {
    const id = await place(APP);
    await control('POST', 'builds', JSON.stringify(APP));
    expect(await builds(id)).toMatchObject([{ status: 'new', bulkName: null }]);
  });

  it.each([
    ['refuse', 0, 200],
    ['unauthenticated', 0, 401],
    ['gateway-timeout', 1, 504],
    ['slow', 1, 200],
  ])('on the fault %s the deployment lands %d times and the answer is %d', async (...row) => {
    const [kind, landed, status] = row;
    const id = await place(APP);
    const fault = { kind, field: 'deployEnvironmentLatest', delayMs: 5 };
    await control('POST', 'faults', JSON.stringify(fault));
    expect((await deploy(id, 'm')).status).toBe(status);
    expect(await builds(id)).toHaveLength(landed);
  });

  it.each([
    ['lose-request', 0],
    ['lose-answer', 1],
  ])('on the fault %s no answer comes and the deployment lands %d times', async (kind, landed) => {
    const id = await place(APP);
    await control('POST', 'faults', JSON.stringify({ kind, field: 'deployEnvironmentLatest' }));
    await expect(deploy(id, 'm')).rejects.toThrow();
    expect(await builds(id)).toHaveLength(landed);
    expect(Object.keys((await ledger()).buildsByBulkName)).toHaveLength(landed);
  });

  it('answers 503 to everything during an outage', async () => {
    const id = await place(APP);
    await control('POST', 'outage', '{"active":true}');
    expect((await deploy(id, 'm')).status).toBe(503);
    await control('POST', 'outage', '{"active":false}');
    expect(await builds(id)).toEqual([]);
  });

  it('writes every call into the ledger and forgets it on request', async () => {
    const id = await place(APP);
    await deploy(id, 'marker-1');
    await builds(id);
    const page = await ledger();
    expect(page.requests).toEqual({ 'mutation Deploy': 1, 'query Statuses': 1 });
    expect(page.outcomes).toEqual({ answered: 2 });
    expect(page.buildsByBulkName['marker-1']).toHaveLength(1);
    expect(page.calls[0]?.variables).toMatchObject({ input: { bulkName: 'marker-1' } });
    await control('DELETE', 'ledger');
    expect((await ledger()).total).toBe(0);
  });

  it.each([
    ['a field that does not exist', '{ nothing }', 400],
    ['no GraphQL', '}{', 400],
    ['a missing variable', STATUSES, 200],
  ])('answers errors to %s', async (_what, query, status) => {
    const response = await ask(query, {});
    expect(response.status).toBe(status);
    expect(((await response.json()) as { errors: unknown[] }).errors).not.toEqual([]);
  });

  it('refuses a call without a token, and a body over 100 KiB', async () => {
    expect((await ask('{ lagoonVersion }', {}, '')).status).toBe(401);
    expect((await ask(`{ lagoonVersion } #${'x'.repeat(110_000)}`, {})).status).toBe(413);
  });
});
