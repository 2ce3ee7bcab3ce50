import { VirtualClock } from '@uplift/runtime/testing';
import type { FaultSpec } from './http/faults';
import type { GraphqlAnswer } from './testing/simulator-fixture';
import { SimulatorFixture } from './testing/simulator-fixture';

const TWO = `query Two($id: Int!) {
  first: environmentById(id: $id) { id }
  second: environmentById(id: $id) { id }
}`;

describe('the faults of calls', () => {
  let fixture: SimulatorFixture;
  let id: number;

  beforeEach(async () => {
    fixture = await SimulatorFixture.open();
    id = fixture.place();
  });
  afterEach(() => fixture.close());

  const planned = (spec: FaultSpec) => fixture.control('POST', 'faults', spec);

  it('lets the call of a client take place that gives up before the answer', async () => {
    await planned({ kind: 'slow', field: 'deployEnvironmentLatest', delayMs: 60_000 });
    const giveUp = new AbortController();
    const refused = expect(fixture.sendDeploy(id, {}, giveUp.signal)).rejects.toThrow();
    while ((await fixture.builds(id)).length === 0);
    giveUp.abort();
    await refused;
    expect(await fixture.builds(id)).toHaveLength(1);
  });

  it.each(['Skipped: no need to deploy', 'Error: could not reach the queue'])(
    'says %s as data, without effect',
    async (message) => {
      await planned({ kind: 'say', message });
      expect(await fixture.deploy(id)).toBe(message);
      expect(await fixture.builds(id)).toEqual([]);
    },
  );

  it('says success as data where a build name was asked for, and builds', async () => {
    await planned({ kind: 'say', message: 'success', lands: true });
    expect(await fixture.deploy(id)).toBe('success');
    expect(await fixture.builds(id)).toHaveLength(1);
  });

  it('answers an error beside the data of a mutation', async () => {
    await planned({ kind: 'partial', message: 'the log service is down' });
    const answer = (await (await fixture.sendDeploy(id)).json()) as GraphqlAnswer;
    const [build] = await fixture.builds(id);
    expect(answer.data).toEqual({ deployEnvironmentLatest: build?.name });
    expect(answer.errors).toEqual([
      { message: 'the log service is down', path: ['deployEnvironmentLatest'] },
    ]);
  });

  it('leaves one of several look-ups out', async () => {
    await planned({ kind: 'partial', message: 'Unauthorized' });
    const answer = await fixture.ask(TWO, { id });
    expect(answer.data).toEqual({ first: null, second: { id } });
    expect(answer.errors).toEqual([{ message: 'Unauthorized', path: ['first'] }]);
  });

  it('refuses a few times like a Keycloak that flaps, each alias by its name', async () => {
    await planned({ kind: 'refuse', times: 2 });
    for (const _ of [1, 2]) {
      const answer = await fixture.ask(TWO, { id });
      expect(answer.data).toEqual({ first: null, second: null });
      expect(answer.errors?.[0]?.message).toMatch(/^Unauthorized: You don't have permission/);
    }
    expect((await fixture.ask(TWO, { id })).errors).toBeUndefined();
  });

  it('breaks off in the middle of the JSON', async () => {
    await planned({ kind: 'truncate' });
    const text = await (await fixture.sendDeploy(id)).text();
    expect(text).toMatch(/^\{"data":/);
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(await fixture.builds(id)).toHaveLength(1);
  });

  it('answers as many bytes as it was told', async () => {
    await planned({ kind: 'huge', bytes: 5_000_000 });
    const text = await (await fixture.sendDeploy(id)).text();
    expect(text.length).toBeGreaterThan(5_000_000);
    expect(JSON.parse(text)).toHaveProperty('data.filler');
  });

  it('outlives a client that hangs up in the middle of a huge answer', async () => {
    await planned({ kind: 'huge', bytes: 500_000_000 });
    const response = await fixture.sendDeploy(id);
    await response.body?.cancel();
    expect(await fixture.builds(id)).toHaveLength(1);
  });

  it.each([
    { status: 502, body: '<html>Bad Gateway</html>', contentType: 'text/html' },
    { status: 413, body: '{"errors":[{"message":"too large"}]}', contentType: 'application/json' },
    { status: 200, body: 'null', contentType: 'application/json' },
  ])('answers anything at all: $status $body', async (answer) => {
    await planned({ kind: 'replace', ...answer });
    const response = await fixture.sendDeploy(id);
    expect(response.status).toBe(answer.status);
    expect(response.headers.get('content-type')).toBe(answer.contentType);
    expect(await response.text()).toBe(answer.body);
    expect(await fixture.builds(id)).toEqual([]);
  });

  it('can keep any kind from taking effect', async () => {
    await planned({ kind: 'gateway-timeout', lands: false });
    expect((await fixture.sendDeploy(id)).status).toBe(504);
    expect(await fixture.builds(id)).toEqual([]);
  });

  it('counts the requests of each second', async () => {
    await Promise.all(Array.from({ length: 20 }, () => fixture.ask('{ lagoonVersion }')));
    const { requestsPerSecond, busiestSecond, total } = fixture.controls.ledger();
    const counts = Object.values(requestsPerSecond);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
    expect(busiestSecond).toBe(Math.max(...counts));
  });
});

describe('a call that takes place after its answer', () => {
  let clock: VirtualClock;
  let fixture: SimulatorFixture;
  let id: number;

  beforeEach(async () => {
    clock = new VirtualClock();
    fixture = await SimulatorFixture.open({}, clock);
    id = fixture.place();
  });
  afterEach(() => fixture.close());

  const planned = (spec: FaultSpec) => fixture.controls.fault(spec);
  const markers = async () => (await fixture.builds(id)).map(({ bulkName }) => bulkName);

  it('was answered 504', async () => {
    planned({ kind: 'land-late', landMs: 60 });
    expect((await fixture.sendDeploy(id, { bulkName: 'marker' })).status).toBe(504);
    await clock.advance(59);
    expect(await markers()).toEqual([]);
    await clock.advance(1);
    expect(await markers()).toEqual(['marker']);
    expect(fixture.controls.ledger().outcomes).toMatchObject({ 'gateway-timeout': 1 });
  });

  it('was answered by a closed connection', async () => {
    planned({ kind: 'lose-answer', landMs: 60 });
    await expect(fixture.sendDeploy(id)).rejects.toThrow();
    expect(await markers()).toEqual([]);
    await clock.advance(60);
    expect(await markers()).toHaveLength(1);
  });

  it('takes place in the order of its time', async () => {
    for (const [bulkName, landMs] of [
      ['second', 60],
      ['first', 30],
    ] as const) {
      planned({ kind: 'land-late', landMs });
      await fixture.sendDeploy(id, { bulkName });
    }
    await clock.advance(100);
    expect(await markers()).toEqual(['second', 'first']);
  });

  it('never takes place once the simulator has stopped', async () => {
    planned({ kind: 'land-late', landMs: 60 });
    await fixture.sendDeploy(id, { bulkName: 'marker' });
    await fixture.close();
    await clock.advance(100);
    expect(fixture.controls.ledger().buildsByBulkName).toEqual({});
    fixture = await SimulatorFixture.open({}, clock);
  });
});

describe('the tokens', () => {
  const clock = new VirtualClock();
  let fixture: SimulatorFixture;

  beforeEach(async () => {
    fixture = await SimulatorFixture.open({}, clock);
  });
  afterEach(() => fixture.close());

  const status = async (token: string) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fixture.send('{ lagoonVersion }', {}, { headers })).status;
  };

  it('end after their time, and a renewed one is good', async () => {
    await fixture.control('POST', 'tokens', { token: 'first', validMs: 80 });
    expect(await status('first')).toBe(200);
    await clock.advance(79);
    expect(await status('first')).toBe(200);
    await clock.advance(1);
    expect(await status('first')).toBe(401);
    expect(await status('second')).toBe(200);
  });

  it('are refused from now on, one or all but those that are named', async () => {
    await fixture.control('POST', 'tokens', { token: 'bad', validMs: 0 });
    expect(await status('bad')).toBe(401);
    expect(await status('good')).toBe(200);
    const only = [
      { token: '*', validMs: 0 },
      { token: 'renewed', validMs: null },
    ];
    await fixture.control('POST', 'tokens', only);
    expect([await status('good'), await status('renewed')]).toEqual([401, 200]);
    await fixture.control('DELETE', 'tokens');
    expect(await status('bad')).toBe(200);
  });

  it('are refused with the word of Lagoon, and the call has no effect', async () => {
    const id = fixture.place();
    fixture.controls.token({ token: '*', validMs: 0 });
    const response = await fixture.sendDeploy(id);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('Unauthorized - ');
    fixture.controls.clearTokens();
    expect(await fixture.builds(id)).toEqual([]);
  });
});
