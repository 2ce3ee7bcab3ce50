import { eventually } from '../../../test/support/eventually';
import type { FaultSpec } from './faults/fault-plan';
import type { GraphqlAnswer } from './testing/simulator-fixture';
import { SimulatorFixture } from './testing/simulator-fixture';

const TWO = `query Two($id: Int!) {
  first: environmentById(id: $id) { id }
  second: environmentById(id: $id) { id }
}`;

describe('the faults of calls', () => {
  let scene: SimulatorFixture;
  let id: number;

  beforeEach(async () => {
    scene = await SimulatorFixture.open();
    id = scene.place();
  });
  afterEach(() => scene.close());

  const planned = (spec: FaultSpec) => scene.control('POST', 'faults', spec);
  const outcomes = () => scene.controls.ledger().outcomes;

  it('answers 504 and lets the call take place later', async () => {
    await planned({ kind: 'land-late', landMs: 60 });
    expect((await scene.sendDeploy(id, { bulkName: 'marker' })).status).toBe(504);
    expect(await scene.builds(id)).toEqual([]);
    await eventually(async () =>
      expect(await scene.builds(id)).toMatchObject([{ bulkName: 'marker' }]),
    );
    expect(outcomes()).toMatchObject({ 'gateway-timeout': 1 });
  });

  it('closes the connection and lets the call take place later', async () => {
    await planned({ kind: 'lose-answer', landMs: 60 });
    await expect(scene.sendDeploy(id)).rejects.toThrow();
    expect(await scene.builds(id)).toEqual([]);
    await eventually(async () => expect(await scene.builds(id)).toHaveLength(1));
  });

  it('lets the call of a client take place that gives up before the answer', async () => {
    await planned({ kind: 'slow', delayMs: 60_000 });
    await expect(scene.sendDeploy(id, {}, AbortSignal.timeout(50))).rejects.toThrow();
    expect(await scene.builds(id)).toHaveLength(1);
  });

  it.each(['Skipped: no need to deploy', 'Error: could not reach the queue'])(
    'says %s as data, without effect',
    async (message) => {
      await planned({ kind: 'say', message });
      expect(await scene.deploy(id)).toBe(message);
      expect(await scene.builds(id)).toEqual([]);
    },
  );

  it('says success as data where a build name was asked for, and builds', async () => {
    await planned({ kind: 'say', message: 'success', lands: true });
    expect(await scene.deploy(id)).toBe('success');
    expect(await scene.builds(id)).toHaveLength(1);
  });

  it('answers an error beside the data of a mutation', async () => {
    await planned({ kind: 'partial', message: 'the log service is down' });
    const answer = (await (await scene.sendDeploy(id)).json()) as GraphqlAnswer;
    const [build] = await scene.builds(id);
    expect(answer.data).toEqual({ deployEnvironmentLatest: build?.name });
    expect(answer.errors).toEqual([
      { message: 'the log service is down', path: ['deployEnvironmentLatest'] },
    ]);
  });

  it('leaves one of several look-ups out', async () => {
    await planned({ kind: 'partial', message: 'Unauthorized' });
    const answer = await scene.ask(TWO, { id });
    expect(answer.data).toEqual({ first: null, second: { id } });
    expect(answer.errors).toEqual([{ message: 'Unauthorized', path: ['first'] }]);
  });

  it('refuses a few times like a Keycloak that flaps, each alias by its name', async () => {
    await planned({ kind: 'refuse', times: 2 });
    for (const _ of [1, 2]) {
      const answer = await scene.ask(TWO, { id });
      expect(answer.data).toEqual({ first: null, second: null });
      expect(answer.errors?.[0]?.message).toMatch(/^Unauthorized: You don't have permission/);
    }
    expect((await scene.ask(TWO, { id })).errors).toBeUndefined();
  });

  it('breaks off in the middle of the JSON', async () => {
    await planned({ kind: 'truncate' });
    const text = await (await scene.sendDeploy(id)).text();
    expect(text).toMatch(/^\{"data":/);
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(await scene.builds(id)).toHaveLength(1);
  });

  it('answers as many bytes as it was told', async () => {
    await planned({ kind: 'huge', bytes: 5_000_000 });
    const text = await (await scene.sendDeploy(id)).text();
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(JSON.parse(text)).toHaveProperty('data.filler');
  });

  it('outlives a client that hangs up in the middle of a huge answer', async () => {
    await planned({ kind: 'huge', bytes: 500_000_000 });
    const response = await scene.sendDeploy(id);
    await response.body?.cancel();
    expect(await scene.builds(id)).toHaveLength(1);
  });

  it.each([
    { status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' },
    { status: 413, body: '{"errors":[{"message":"too large"}]}', contentType: 'application/json' },
    { status: 200, body: 'null', contentType: 'application/json' },
  ])('answers anything at all: $status $body', async (answer) => {
    await planned({ kind: 'replace', ...answer });
    const response = await scene.sendDeploy(id);
    expect(response.status).toBe(answer.status);
    expect(response.headers.get('content-type')).toBe(answer.contentType);
    expect(await response.text()).toBe(answer.body);
    expect(await scene.builds(id)).toEqual([]);
  });

  it('can keep any kind from taking effect', async () => {
    await planned({ kind: 'gateway-timeout', lands: false });
    expect((await scene.sendDeploy(id)).status).toBe(504);
    expect(await scene.builds(id)).toEqual([]);
  });

  it('counts the requests of each second', async () => {
    await Promise.all(Array.from({ length: 20 }, () => scene.ask('{ lagoonVersion }')));
    const { requestsPerSecond, busiestSecond, total } = scene.controls.ledger();
    const counts = Object.values(requestsPerSecond);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
    expect(busiestSecond).toBe(Math.max(...counts));
  });
});

describe('the tokens', () => {
  let scene: SimulatorFixture;

  beforeEach(async () => {
    scene = await SimulatorFixture.open();
  });
  afterEach(() => scene.close());

  const status = async (token: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await scene.send('{ lagoonVersion }', {}, { headers })).status;
  };

  it('end after their time, and a renewed one is good', async () => {
    await scene.control('POST', 'tokens', { token: 'first', validMs: 80 });
    expect(await status('first')).toBe(200);
    await eventually(async () => expect(await status('first')).toBe(401));
    expect(await status('second')).toBe(200);
  });

  it('are refused from now on, one or all but those that are named', async () => {
    await scene.control('POST', 'tokens', { token: 'bad', validMs: 0 });
    expect(await status('bad')).toBe(401);
    expect(await status('good')).toBe(200);
    const only = [
      { token: '*', validMs: 0 },
      { token: 'renewed', validMs: null },
    ];
    await scene.control('POST', 'tokens', only);
    expect([await status('good'), await status('renewed')]).toEqual([401, 200]);
    await scene.control('DELETE', 'tokens');
    expect(await status('bad')).toBe(200);
  });

  it('are refused with the word of Lagoon, and the call has no effect', async () => {
    const id = scene.place();
    scene.controls.token({ token: '*', validMs: 0 });
    const response = await scene.sendDeploy(id);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('Unauthorized - ');
    scene.controls.clearTokens();
    expect(await scene.builds(id)).toEqual([]);
  });
});
