import { REGISTRATION, RunningCommandApi } from './running-command-api';

jest.setTimeout(60_000);

const NDJSON = { 'content-type': 'application/x-ndjson' };

interface ImportedLine {
  readonly line: number;
  readonly status: number;
  readonly result?: { readonly instanceId: string; readonly revision: number };
  readonly problem?: { readonly code: string };
}

const idOf = (n: number) => `bbbbbbbb-0000-4000-8000-${String(n).padStart(12, '0')}`;
const lineOf = (n: number) => JSON.stringify({ ...REGISTRATION, instanceId: idOf(n) });

describe('import', () => {
  let api: RunningCommandApi;

  beforeAll(async () => {
    api = await RunningCommandApi.start();
  });

  afterAll(() => api.stop());

  async function importLines(lines: readonly string[]): Promise<readonly ImportedLine[]> {
    const response = await fetch(`${api.url}/v1/instances/import`, {
      method: 'POST',
      headers: NDJSON,
      body: lines.join('\n'),
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const text = (await response.text()).trim();
    return text.split('\n').map((line) => JSON.parse(line) as ImportedLine);
  }

  it('registers one instance per line, answers in order and goes on after a bad line', async () => {
    const answers = await importLines([
      lineOf(1),
      'no json',
      '',
      JSON.stringify(REGISTRATION),
      JSON.stringify({ ...REGISTRATION, instanceId: idOf(2), app: 'x'.repeat(110 * 1024) }),
      lineOf(3),
    ]);

    expect(answers.map(({ line, status, problem }) => [line, status, problem?.code])).toEqual([
      [1, 202, undefined],
      [2, 400, 'malformed-json'],
      [4, 400, 'invalid-input'],
      [5, 413, 'body-too-large'],
      [6, 202, undefined],
    ]);
    expect(await api.eventsOf(idOf(1))).toHaveLength(1);
    expect(await api.eventsOf(idOf(2))).toHaveLength(0);
    expect(await api.eventsOf(idOf(3))).toHaveLength(1);
  });

  it('may be sent again: the same lines are the same instances', async () => {
    const lines = Array.from({ length: 300 }, (_, n) => lineOf(1_000 + n));

    const first = await importLines(lines);
    const before = await api.lastPosition();
    const again = await importLines(lines);

    expect(first.every(({ status }) => status === 202)).toBe(true);
    expect(again).toEqual(first.map((answer) => ({ ...answer, status: 200 })));
    expect(await api.lastPosition()).toBe(before);
  });

  it('refuses a line that says something else of a registered instance', async () => {
    await importLines([lineOf(5)]);

    const changed = JSON.stringify({ ...REGISTRATION, instanceId: idOf(5), app: 'another' });
    const [answer] = await importLines([changed]);

    expect(answer).toMatchObject({ status: 409, problem: { code: 'instance-already-registered' } });
  });

  it('takes lines only', async () => {
    const { status, body } = await api.post('/v1/instances/import', { body: REGISTRATION });

    expect({ status, code: body.code }).toEqual({ status: 415, code: 'unsupported-media-type' });
  });
});

describe('the health callback of Polydock', () => {
  const TOKEN = 'a-token-of-all-apps';
  let api: RunningCommandApi;
  let id: string;

  beforeAll(async () => {
    api = await RunningCommandApi.start({ UPLIFT_HEALTH_CALLBACK_TOKEN: TOKEN });
  });

  beforeEach(async () => {
    id = await api.register(expect.getState().currentTestName?.replaceAll(' ', '-') ?? 'callback');
  });

  afterAll(() => api.stop());

  const call = (status: string, method = 'GET', instance = id) =>
    api.request(method, `/api/instance/${instance}/health/${status}?token=${TOKEN}`, {
      ...(method === 'POST' ? { body: 'from=app', headers: { 'content-type': 'text/plain' } } : {}),
    });

  const typesOf = async () => (await api.eventsOf(id)).map(({ type }) => type);

  it.each(['GET', 'POST'])('takes a report by %s', async (method) => {
    const { status, body } = await call('running-unhealthy', method);

    expect({ status, now: body.status }).toEqual({ status: 200, now: 'running-unhealthy' });
    expect(await typesOf()).toEqual(['InstanceRegistered', 'HealthReported']);
  });

  it.each(['', '?token=', '?token=wrong', `?token=${TOKEN}x`])(
    'refuses the token "%s"',
    async (query) => {
      const path = `/api/instance/${id}/health/running-unhealthy${query}`;

      expect(await api.get(path)).toMatchObject({
        status: 401,
        body: { code: 'health-token-refused' },
      });
      expect(await typesOf()).toHaveLength(1);
    },
  );

  it.each(['99999999-9999-4999-8999-999999999999', 'shop'])(
    'does not know %s',
    async (instance) => {
      expect((await call('running-unhealthy', 'GET', instance)).status).toBe(404);
      expect((await call('nonsense', 'GET', instance)).status).toBe(404);
    },
  );

  it.each(['nonsense', 'upgrade-running'])(
    'takes no %s, and names what it takes',
    async (status) => {
      const answer = await call(status);

      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
      expect(answer.body.detail).toContain('running-unresponsive');
    },
  );

  it('refuses with 400 while an upgrade runs, with the statuses that would allow it', async () => {
    await api.post(`/v1/instances/${id}/upgrades`, { key: 'u', body: {} });

    expect(await call('running-unhealthy')).toMatchObject({
      status: 400,
      body: { currentStatus: 'pending-pre-upgrade', allowedFrom: expect.any(Array) as unknown },
    });
    expect(await call('deploy-running')).toMatchObject({ status: 400 });
  });

  it('never crosses the claim axis', async () => {
    expect(await call('running-healthy-unclaimed')).toMatchObject({
      status: 409,
      body: { code: 'claim-axis-crossed' },
    });
    expect(await typesOf()).toHaveLength(1);
  });
});
