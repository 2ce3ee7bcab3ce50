import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallAnswer, DeployAnswer, Lagoon, TaskAnswer } from '@uplift/lagoon';
import {
  GraphqlLagoon,
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
  StaticTokenSource,
} from '@uplift/lagoon';
import { systemClock } from '@uplift/runtime';
import fc from 'fast-check';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyBytes, anyJson, anyText, changedJson } from './hostile-values';

interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  /** How it ends: as it should, with the connection cut before the end, or with it cut at once. */
  readonly end: 'whole' | 'cut' | 'reset';
}

type Call = (
  lagoon: Lagoon,
  signal: AbortSignal,
) => Promise<CallAnswer | DeployAnswer | TaskAnswer>;

interface Mutation {
  readonly field: string;
  readonly accepted: Json;
  /** Whether a value is what Lagoon answers to a call that it took. */
  readonly isAccepted: (value: unknown) => boolean;
  /** Whether a value, without any error beside it, is a refusal. */
  readonly isRefused?: (value: unknown) => boolean;
  readonly call: Call;
}

const isBuild = (value: unknown) =>
  typeof value === 'string' && /^lagoon-(build|variables)-[0-9a-z]*$/.test(value);
const isRow = (value: unknown) => {
  const { id } = (value ?? {}) as { readonly id?: unknown };
  return Number.isInteger(id) && Number(id) >= 1;
};
const isSuccess = (value: unknown) => value === 'success';
const isErrorText = (value: unknown) => typeof value === 'string' && value.startsWith('Error: ');

const MARKER = { bulkId: 'b', bulkName: 'marker', buildVariables: [] };
const MUTATIONS: readonly Mutation[] = [
  {
    ...{ field: 'deployEnvironmentLatest', accepted: 'lagoon-build-a1', isAccepted: isBuild },
    call: (lagoon, signal) => lagoon.deployLatest({ ...MARKER, environmentId: 1 }, signal),
  },
  {
    ...{ field: 'deployEnvironmentBranch', accepted: 'lagoon-build-a1', isAccepted: isBuild },
    call: (lagoon, signal) =>
      lagoon.deployBranch({ ...MARKER, project: 'p', branchName: 'main', branchRef: 'v1' }, signal),
  },
  {
    ...{ field: 'addTask', accepted: { id: 1, name: 'n', taskName: 't' }, isAccepted: isRow },
    call: (lagoon, signal) =>
      lagoon.addTask({ environmentId: 1, name: 'n', service: 'cli', command: 'true' }, signal),
  },
  {
    ...{ field: 'cancelDeployment', accepted: 'success', isAccepted: isSuccess },
    isRefused: isErrorText,
    call: (lagoon, signal) =>
      lagoon.cancelDeployment({ environmentId: 1, buildName: 'lagoon-build-a1' }, signal),
  },
  {
    ...{ field: 'cancelTask', accepted: 'success', isAccepted: isSuccess },
    isRefused: (value) => value === null || isErrorText(value),
    call: (lagoon, signal) => lagoon.cancelTask(1, signal),
  },
  {
    ...{ field: 'addOrUpdateEnvVariableByName', accepted: { id: 1, name: 'A' }, isAccepted: isRow },
    call: (lagoon, signal) =>
      lagoon.setVariable(
        { project: 'p', environment: 'e', name: 'A', value: 'v', scope: 'BUILD' },
        signal,
      ),
  },
];

/** Texts of errors that Lagoon raises before anything has happened. */
const REFUSALS = [
  'Unauthorized: You don\'t have permission to "deploy" on "environment"',
  'Unauthorized',
  'Deployments have been disabled for this project',
  'Cannot deploy: deployBaseRef is empty',
  'Invalid input "x"',
];
const KNOWN =
  /^(Unauthorized|Deployments have|Tasks have|Cannot deploy: |Unknown deploy|Task |Cannot find argument|Invalid input|A variable name|Project has|Environment has|Error deploying )/;

const status = fc.oneof(
  { weight: 12, arbitrary: fc.constant(200) },
  { weight: 3, arbitrary: fc.constantFrom(201, 204, 301, 400, 401, 403, 404, 408, 413, 429) },
  { weight: 2, arbitrary: fc.constantFrom(500, 502, 503, 504, 520) },
);
const end = fc.oneof(
  { weight: 8, arbitrary: fc.constant('whole' as const) },
  { weight: 1, arbitrary: fc.constantFrom('cut' as const, 'reset' as const) },
);
const HTML = '<html><head><title>502 Bad Gateway</title></head></html>';
const known = fc.record({ message: fc.constantFrom(...REFUSALS) });
const errors = fc.oneof(
  fc.constant([]),
  fc.array(known, { minLength: 1, maxLength: 2 }),
  fc.array(fc.record({ message: fc.oneof(fc.constantFrom(...REFUSALS), anyText), path: anyJson }), {
    maxLength: 3,
  }),
);

/** Answers that carry a value under a field, with or without errors beside it, and anything else. */
function answersWith(field: string, valid: Json): fc.Arbitrary<Answer> {
  const envelope = fc.record(
    {
      data: fc.oneof(
        { weight: 3, arbitrary: changedJson(fc.constant({ [field]: valid })) },
        { weight: 2, arbitrary: anyText.map((value) => ({ [field]: value })) },
        { weight: 1, arbitrary: anyJson.map((value) => ({ [field]: value })) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      errors,
      extensions: anyJson,
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    { weight: 8, arbitrary: envelope.map((json) => Buffer.from(JSON.stringify(json))) },
    { weight: 2, arbitrary: anyJson.map((json) => Buffer.from(JSON.stringify(json))) },
    { weight: 1, arbitrary: fc.constant(Buffer.from(HTML)) },
    { weight: 1, arbitrary: anyBytes },
  );
  return fc.record({ status, body, end });
}

type Read = (lagoon: Lagoon) => Promise<unknown>;
const DEPLOYMENT = {
  ...{ id: 1, name: 'lagoon-build-a1', status: 'running', buildStep: 'x', bulkName: 'marker' },
  ...{ created: '2026-01-01 00:00:00', started: null, completed: null, bulkId: 'b' },
};
const TASK = { id: 1, name: 't', taskName: 'n', status: 'complete', service: 'cli', command: 'x' };
const ENVIRONMENT = {
  ...{ id: 1, name: 'main', environmentType: 'production', deployType: 'branch' },
  ...{
    deployBaseRef: 'main',
    autoIdle: 1,
    route: 'https://a',
    routes: 'https://a',
    deployments: [],
  },
};
const READS: readonly (readonly [field: string, valid: Json, read: Read])[] = [
  [
    'projectByName',
    { id: 1, deploymentsDisabled: 0, autoIdle: 1, environments: [ENVIRONMENT] },
    (lagoon) => lagoon.findEnvironment({ project: 'p', environment: 'main' }),
  ],
  [
    'environmentById',
    { id: 1, name: 'main', deployments: [DEPLOYMENT] },
    (lagoon) => lagoon.deploymentsOf(1, { limit: 5 }),
  ],
  ['environmentById', { tasks: [TASK] }, (lagoon) => lagoon.tasksOf(1, { limit: 5 })],
  ['taskById', TASK, (lagoon) => lagoon.taskById(1)],
  [
    'environmentById',
    { services: [{ name: 'nginx', replicas: 1 }] },
    (lagoon) => lagoon.servicesOf(1),
  ],
  [
    'environmentById',
    { envVariables: [{ name: 'A', value: 'v', scope: 'BUILD' }] },
    (lagoon) => lagoon.variablesOf(1),
  ],
  ['deploymentsByBulkId', [DEPLOYMENT], (lagoon) => lagoon.deploymentsByBulkId('b')],
  ['advancedTasksForEnvironment', [{ id: 1, name: 't' }], (lagoon) => lagoon.registeredTasksOf(1)],
  [
    's0',
    { deployments: [DEPLOYMENT] },
    (lagoon) => lagoon.deploymentsOfMany([{ environmentId: 1, limit: 5 }]),
  ],
  ['lagoonVersion', '2.20.0', (lagoon) => lagoon.ping()],
];

const KNOWN_ERRORS = [
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
];

/** Says whatever it is told to. */
class FalseLagoon {
  answer: Answer = { status: 200, body: new Uint8Array(), end: 'whole' };

  private readonly server: Server = createServer((request, response) => {
    const { status: code, body, end: how } = this.answer;
    request.resume();
    if (how === 'reset') return void request.socket.destroy();
    const missing = how === 'cut' ? 1 : 0;
    const length = code === 204 ? {} : { 'content-length': body.byteLength + missing };
    response.writeHead(code, { 'content-type': 'application/json', ...length });
    if (how === 'whole') return void response.end(body);
    response.write(body, () => request.socket.destroy());
  });

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/graphql`);
      });
    });
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe('answers of Lagoon', () => {
  const said = new FalseLagoon();
  let lagoon: GraphqlLagoon;
  beforeAll(async () => {
    const url = await said.listen();
    lagoon = new GraphqlLagoon({ url, token: new StaticTokenSource('token') }, systemClock);
  });
  afterAll(async () => {
    await lagoon.close();
    said.close();
  });

  const mutation = fc
    .constantFrom(...MUTATIONS)
    .chain((each) =>
      answersWith(each.field, each.accepted).map((answer) => [each, answer] as const),
    );

  it('to a call prove success or failure only in a shape that is known', async () => {
    const property = fc.asyncProperty(mutation, async ([each, answer]) => {
      said.answer = answer;
      const { kind } = await each.call(lagoon, new AbortController().signal);
      expect(['accepted', 'refused', 'ambiguous']).toContain(kind);
      if (kind !== 'ambiguous') expect(kind).toBe(proves(each, answer));
    });
    await fuzz({ edge: 'lagoon-calls', runs: 80 }, property);
  });

  const read = fc
    .constantFrom(...READS)
    .chain(([field, valid, ask]) =>
      answersWith(field, valid).map((answer) => ({ field, ask, answer })),
    );

  it('to a question are a value, or one of four errors', async () => {
    const property = fc.asyncProperty(read, async ({ ask, answer }) => {
      said.answer = answer;
      const error = await ask(lagoon).then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error === null) return expect(answer.status).toBe(200);
      expect(KNOWN_ERRORS.some((known) => error instanceof known)).toBe(true);
    });
    await fuzz({ edge: 'lagoon-reads', runs: 80 }, property);
  });
});

/** What the bytes prove, by rules of this file alone. */
function proves(mutation: Mutation, { status: code, body, end: how }: Answer): string | null {
  if (how !== 'whole') return null;
  if (code === 401) return 'refused';
  const envelope = parsed(body);
  if (code === 400) return isUnexecuted(envelope) ? 'refused' : null;
  return code === 200 ? provesExecuted(mutation, envelope) : null;
}

function isUnexecuted({ data, errors: told = [] }: Envelope): boolean {
  return told.length > 0 && (data ?? null) === null;
}

function provesExecuted(mutation: Mutation, { data, errors: told = [] }: Envelope): string | null {
  const value = data?.[mutation.field];
  if (told.length === 0) return provesValue(mutation, value);
  const isKnown = told.every(({ message }) => KNOWN.test(message));
  return isKnown && (value ?? null) === null ? 'refused' : null;
}

function provesValue({ isAccepted, isRefused }: Mutation, value: unknown): string | null {
  if (isAccepted(value)) return 'accepted';
  return isRefused?.(value) === true ? 'refused' : null;
}

interface Envelope {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string }[];
}

function parsed(body: Uint8Array): Envelope {
  try {
    return (JSON.parse(Buffer.from(body).toString()) ?? {}) as Envelope;
  } catch {
    return {};
  }
}
