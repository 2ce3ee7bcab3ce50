import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { LagoonAnswerError, LagoonRefusedError, LagoonUnavailableError } from '../lagoon.outcomes';
import { StaticTokenSource } from '../token/token-source';
import { GraphqlLagoon } from './graphql.lagoon';
import { systemClock } from '@uplift/runtime';

interface Sent {
  readonly operation: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

type Answer = (response: ServerResponse) => void;

const json =
  (status: number, value: unknown): Answer =>
  (response) =>
    response.writeHead(status).end(JSON.stringify(value));
const data = (value: unknown) => json(200, { data: value });
const signal = () => AbortSignal.timeout(10_000);
const PERMISSION = "Unauthorized: You don't have permission";

describe('the operations of the GraphQL adapter on the wire', () => {
  const sent: Sent[] = [];
  const sockets = new Set<Socket>();
  let answers: Readonly<Record<string, Answer>> = {};
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { query, variables } = JSON.parse(body) as { query: string } & Pick<Sent, 'variables'>;
      const operation = /^\w+ (\w+)/.exec(query)?.[1] ?? '';
      sent.push({ operation, variables });
      (answers[operation] ?? json(500, {}))(response);
    });
  }).on('connection', (socket: Socket) => sockets.add(socket));
  let lagoon: GraphqlLagoon;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => {
    sent.length = 0;
    sockets.clear();
    const { port } = server.address() as AddressInfo;
    const token = new StaticTokenSource('token');
    lagoon = new GraphqlLagoon(
      { url: `http://127.0.0.1:${port}/graphql`, token, timeoutMs: 5000 },
      systemClock,
    );
  });
  afterEach(() => lagoon.close());
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const operations = () => sent.map(({ operation }) => operation);

  it('leaves out what only a platform role may set, unless it is given', async () => {
    answers = { DeployLatest: data({ deployEnvironmentLatest: 'lagoon-build-a' }) };
    await lagoon.deployLatest({ environmentId: 1, bulkName: 'm' }, signal());
    const given = { environmentId: 1, bulkName: 'm', bulkId: 'wave', priority: 3 };
    await lagoon.deployLatest(given, signal());
    const plain = { environment: { id: 1 }, bulkName: 'm', returnData: true };
    expect(sent.map(({ variables }) => variables.input)).toEqual([
      plain,
      { ...plain, bulkId: 'wave', priority: 3 },
    ]);
  });

  it('names the environments of a promotion within their project', async () => {
    answers = { DeployPromote: data({ deployEnvironmentPromote: 'lagoon-build-a' }) };
    const request = { sourceEnvironment: 'main', destinationEnvironment: 'live', bulkName: 'm' };
    await lagoon.deployPromote({ project: 'app', ...request }, signal());
    expect(sent[0]?.variables.input).toEqual({
      project: { name: 'app' },
      sourceEnvironment: { name: 'main', project: { name: 'app' } },
      destinationEnvironment: 'live',
      bulkName: 'm',
      returnData: true,
    });
  });

  const command = (...names: string[]) => ({
    id: 7,
    name: 'migrate',
    advancedTaskDefinitionArguments: names.map((name) => ({ name })),
  });
  const registered = (...tasks: unknown[]) => data({ advancedTasksForEnvironment: tasks });
  const invoke = () =>
    lagoon.invokeRegisteredTask(
      { environmentId: 1, taskDefinitionId: 7, marker: 'a1 pre' },
      signal(),
    );

  it('passes the marker to a task that declares the argument, and nothing to any other', async () => {
    const ran = data({ invokeRegisteredTask: { id: 3, taskName: 'lagoon-task-x' } });
    answers = {
      RegisteredTasksOf: registered(command('UPLIFT_MARKER')),
      InvokeRegisteredTask: ran,
    };
    expect(await invoke()).toEqual({ kind: 'accepted', taskId: 3, taskName: 'lagoon-task-x' });
    const marker = { advancedTaskDefinitionArgumentName: 'UPLIFT_MARKER', value: 'a1 pre' };
    expect(sent[1]?.variables).toEqual({ environment: 1, definition: 7, arguments: [marker] });
    for (const other of [command('COLOUR'), { id: 7, name: 'image' }]) {
      sent.length = 0;
      answers = { RegisteredTasksOf: registered(other), InvokeRegisteredTask: ran };
      expect((await invoke()).kind).toBe('accepted');
      expect(sent[1]?.variables).toEqual({ environment: 1, definition: 7 });
    }
  });

  it.each<[what: string, answer: Answer, cause: string]>([
    ['an outage', json(503, {}), 'not-sent'],
    ['an unknown shape', data({ advancedTasksForEnvironment: [{ id: 'x' }] }), 'not-sent'],
    ['a token that was not accepted', json(401, {}), 'unauthenticated'],
    ['a permission', json(200, { errors: [{ message: PERMISSION }], data: null }), 'permission'],
    ['no such task', data({ advancedTasksForEnvironment: [] }), 'not-found'],
    ['no such environment', data({ advancedTasksForEnvironment: null }), 'not-found'],
  ])('sends no mutation when the read before it ends with %s', async (_what, answer, cause) => {
    answers = { RegisteredTasksOf: answer };
    expect(await invoke()).toMatchObject({ kind: 'refused', cause });
    expect(operations()).not.toContain('InvokeRegisteredTask');
  });

  it('wakes an environment by its names, and takes being awake for success', async () => {
    const names = { name: 'main', project: { name: 'app' } };
    const message = 'Environment is already unidled';
    answers = {
      NamesOf: data({ environmentById: names }),
      Unidle: json(200, { errors: [{ message }], data: { idleOrUnidleEnvironment: null } }),
    };
    expect(await lagoon.unidle(1, signal())).toEqual({ kind: 'accepted' });
    const input = { project: 'app', environment: 'main', idle: false };
    expect(sent[1]).toEqual({ operation: 'Unidle', variables: { input } });
    answers = { ...answers, Unidle: json(504, {}) };
    expect((await lagoon.unidle(1, signal())).kind).toBe('ambiguous');
  });

  it('answers a cancellation as it was answered', async () => {
    const target = { environmentId: 1, buildName: 'lagoon-build-a' };
    const cancelled = async (value: unknown) => {
      answers = { CancelDeployment: data({ cancelDeployment: value }) };
      const answer = await lagoon.cancelDeployment(target, signal());
      return answer.kind === 'refused' ? answer.cause : answer.kind;
    };
    expect(await cancelled('success')).toBe('accepted');
    expect(await cancelled('Error: no such pod')).toBe('not-cancellable');
    expect(await cancelled(null)).toBe('ambiguous');
    expect(sent[0]?.variables).toEqual({
      input: { deployment: { name: 'lagoon-build-a', environment: { id: 1 } } },
    });
  });

  it('never asks for the value of a variable that it sets', async () => {
    answers = { SetVariable: data({ addOrUpdateEnvVariableByName: { id: 1, name: 'A' } }) };
    const request = { project: 'app', environment: 'main', name: 'A', value: 'canary' };
    const answer = await lagoon.setVariable({ ...request, scope: 'GLOBAL' }, signal());
    expect(answer).toEqual({ kind: 'accepted' });
    answers = { SetVariable: json(200, { errors: [{ message: 'canary' }], data: null }) };
    const unknown = await lagoon.setVariable({ ...request, scope: 'GLOBAL' }, signal());
    expect(unknown.kind).toBe('ambiguous');
    expect(JSON.stringify(unknown)).not.toContain('canary');
  });

  it('refuses to show variables whose values may not be seen', async () => {
    const errors = [{ message: PERMISSION, path: ['environmentById', 'envVariables'] }];
    answers = { VariablesOf: json(200, { errors, data: { environmentById: { id: 1 } } }) };
    await expect(lagoon.variablesOf(1)).rejects.toThrow(LagoonRefusedError);
    answers = { VariablesOf: data({ environmentById: { envVariables: [{ name: 'A' }] } }) };
    await expect(lagoon.variablesOf(1)).rejects.toThrow(LagoonAnswerError);
  });

  it('asks for many environments 50 at a time, and fails as a whole if a request does', async () => {
    const targets = Array.from({ length: 101 }, (_, n) => ({
      project: `p${n}`,
      environment: 'main',
    }));
    const slots = Array.from({ length: 50 }, (_, n) => [`s${n}`, null]);
    answers = { FindEnvironments: data(Object.fromEntries(slots)) };
    expect(await lagoon.findEnvironments(targets)).toEqual(targets.map(() => null));
    expect(sent.map(({ variables }) => Object.keys(variables).length)).toEqual([50, 50, 1]);
    answers = {};
    await expect(lagoon.findEnvironments(targets)).rejects.toThrow(LagoonUnavailableError);
  });

  it('stops to read an answer of 50 MB early, for reads and mutations', async () => {
    const flood: Answer = (response) => {
      response.writeHead(200).write('{"data":{"lagoonVersion":"');
      let chunks = 0;
      const more = () => {
        while (chunks < 800 && !response.destroyed) {
          chunks += 1;
          if (!response.write('x'.repeat(64 * 1024))) return;
        }
        response.end('"}}');
      };
      response.on('drain', more);
      more();
    };
    answers = { Ping: flood, CancelTask: flood };
    await expect(lagoon.ping()).rejects.toThrow(LagoonUnavailableError);
    expect((await lagoon.cancelTask(1, signal())).kind).toBe('ambiguous');
    for (const { bytesWritten } of sockets) expect(bytesWritten).toBeLessThan(20 * 1024 * 1024);
  });
});
