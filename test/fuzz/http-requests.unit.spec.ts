import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { isProblemDetails, PROBLEMS } from '@uplift/contracts';
import fc from 'fast-check';
import { CallbackTokens } from '../../apps/command-api/src/access/callback-tokens';
import { fuzz } from './fuzz';
import type { Json } from './hostile-values';
import { anyBytes, anyJson, anyText, changedJson } from './hostile-values';
import { CALLBACK_KEYS, ServicesInProcess } from './services-in-process';
import { COMMAND_BODIES, instanceAt } from './valid-inputs';

interface Request {
  readonly isUpgrading: boolean;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | null;
}

const ID = ':id';
const UPGRADE = ':upgrade';

const COMMANDS: readonly (readonly [path: string, body: Json])[] = [
  ['/v1/instances', COMMAND_BODIES.register],
  [`/v1/instances/${ID}/upgrades`, COMMAND_BODIES.trigger],
  [`/v1/instances/${ID}/health`, COMMAND_BODIES.health],
  [`/v1/instances/${ID}/park`, COMMAND_BODIES.reason],
  [`/v1/instances/${ID}/unpark`, COMMAND_BODIES.reason],
  [`/v1/instances/${ID}/update`, COMMAND_BODIES.update],
  [`/v1/instances/${ID}/claim`, COMMAND_BODIES.reason],
  [`/v1/instances/${ID}/unclaim`, COMMAND_BODIES.reason],
  [`/v1/instances/${ID}/deregister`, COMMAND_BODIES.deregister],
  ...['cancel', 'abandon', 'redrive', 'rollback'].map(
    (verb) => [`/v1/instances/${ID}/upgrades/${UPGRADE}/${verb}`, COMMAND_BODIES.reason] as const,
  ),
  [`/v1/instances/${ID}/upgrades/${UPGRADE}/retry`, COMMAND_BODIES.retry],
  [`/v1/instances/${ID}/upgrades/${UPGRADE}/resolve`, COMMAND_BODIES.resolve],
  [`/v1/instances/${ID}/upgrades/${UPGRADE}/prioritize`, COMMAND_BODIES.prioritize],
  ['/v1/system/stop-starts', COMMAND_BODIES.reason],
  ['/v1/system/allow-starts', COMMAND_BODIES.reason],
  ['/v1/system/accept-store', COMMAND_BODIES.reason],
  [`/v1/system/findings/${ID}/close`, COMMAND_BODIES.reason],
  [`/api/instance/${ID}/health/running-unhealthy`, {}],
];

const READS = [
  '/v1/instances',
  `/v1/instances/${ID}`,
  `/v1/instances/${ID}/timeline`,
  `/v1/instances/${ID}/events`,
  `/v1/upgrades/${UPGRADE}`,
  '/v1/upgrades',
  '/v1/stats',
  '/v1/system',
  '/v1/system/findings',
  '/v1/events',
  `/api/instance/${ID}/health/running-healthy-claimed`,
  '/openapi.json',
  '/',
  '/asyncapi',
  '/docs',
  '/docs/start.js',
  '/problems',
  '/reasons',
  '/health/live',
  '/health/ready',
  '/metrics',
];

/** What HTTP lets through in the value of a header. */
const headerValue = anyText.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?'));
const HEADERS = [
  'idempotency-key',
  'if-match',
  'min-position',
  'last-event-id',
  'traceparent',
  'content-type',
  'content-encoding',
  'accept',
  'expect',
  'x-forwarded-for',
  'x-http-method-override',
  'uplift-callback-token',
  'origin',
];
const hostileHeaders = fc.dictionary(fc.constantFrom(...HEADERS), headerValue, { maxKeys: 3 });
const sometimes = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const changedPath = (path: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(path) },
    {
      weight: 1,
      arbitrary: anyText.map((text) => path.replace(/:\w+/, () => encodeURIComponent(safe(text)))),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('/', '//', '/.', '/..', '%2e%2e', '%', '?')
        .map((end) => path + end),
    },
    { weight: 1, arbitrary: fc.constant(path.toUpperCase().replaceAll(/:(ID|UPGRADE)/g, ID)) },
    { weight: 1, arbitrary: anyText.map((text) => `/${encodeURI(safe(text))}`) },
  );

const PARAMETERS = [
  ...['cursor', 'limit', 'status', 'project', 'app', 'core', 'reason-class', 'min-position'],
  ...['label', 'sort', 'since', 'until', 'outcome', 'environment'],
  ...['kind', 'open', 'from', 'after', 'instanceId', 'token', 'limit', '__proto__', 'a[b]'],
];
const query = fc
  .array(fc.tuple(fc.constantFrom(...PARAMETERS), fc.oneof(anyText, fc.nat().map(String))), {
    maxLength: 3,
  })
  .map((pairs) =>
    pairs.map(([name, value]) => `${name}=${encodeURIComponent(safe(value))}`).join('&'),
  );

const command: fc.Arbitrary<Request> = fc.constantFrom(...COMMANDS).chain(([path, body]) =>
  fc.record({
    isUpgrading: fc.boolean(),
    method: sometimes(fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'), 'POST'),
    path: changedPath(path),
    query: sometimes(query, ''),
    headers: sometimes(hostileHeaders, {}).map((hostile) => ({
      'content-type': 'application/json',
      'idempotency-key': 'key',
      ...hostile,
    })),
    body: fc.oneof(
      { weight: 8, arbitrary: changedJson(fc.constant(body)).map((json) => JSON.stringify(json)) },
      { weight: 1, arbitrary: anyJson.map((json) => JSON.stringify(json)) },
      { weight: 1, arbitrary: anyBytes },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  }),
);

const read: fc.Arbitrary<Request> = fc.constantFrom(...READS).chain((path) =>
  fc.record({
    isUpgrading: fc.boolean(),
    method: sometimes(fc.constantFrom('HEAD', 'OPTIONS', 'POST', 'DELETE'), 'GET'),
    path: changedPath(path),
    query,
    headers: sometimes(hostileHeaders, {}),
    body: sometimes<string | null>(anyText, null),
  }),
);

const imported: fc.Arbitrary<Request> = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: changedJson(fc.constant(COMMAND_BODIES.import)).map((json) =>
          JSON.stringify(json),
        ),
      },
      { weight: 1, arbitrary: anyText },
    ),
    { maxLength: 5 },
  )
  .map((lines) => ({
    isUpgrading: false,
    method: 'POST',
    path: '/v1/instances/import',
    query: '',
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'key' },
    body: lines.join('\n'),
  }));

/** Without halves of characters, which no URL can hold. */
function safe(text: string): string {
  return Buffer.from(text).toString();
}

const CALLBACKS = new CallbackTokens({
  keys: CALLBACK_KEYS,
  isTokenTakenFromUrl: false,
  isGetTaken: false,
});
const STACK = /\n\s+at |node_modules|\.[jt]s:\d+:\d+/;

/** What every answer has to be, whatever was asked. */
function expectSound(status: number, type: string, body: string): void {
  expect(body).not.toMatch(STACK);
  expect(status).not.toBe(500);
  if (status < 400) return;
  expect(type).toMatch(/^application\/problem\+json\b/);
  const problem: unknown = JSON.parse(body);
  expect(isProblemDetails(problem)).toBe(true);
  expect(Object.keys(PROBLEMS)).toContain((problem as { code: string }).code);
}

describe('HTTP requests of the command API', () => {
  let services: ServicesInProcess;
  let client: HttpClient;
  let inputs = 0;
  beforeAll(async () => {
    services = await ServicesInProcess.start();
    client = new HttpClient(services.port);
  });
  afterAll(async () => {
    client.close();
    await services.stop();
  });

  /** An instance of its own for each input, so that an input means the same in any order. */
  async function prepared({ isUpgrading }: Request) {
    inputs += 1;
    const [instanceId, registration] = instanceAt(inputs);
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': path };
      const answer = await client.send('POST', path, headers, Buffer.from(JSON.stringify(body)));
      expect(answer).toMatchObject({ status: 202 });
      return JSON.parse(answer.body) as { upgradeId?: string };
    };
    await post('/v1/instances', registration);
    if (!isUpgrading) return { instanceId, upgradeId: instanceId };
    const { upgradeId = '' } = await post(`/v1/instances/${instanceId}/upgrades`, {});
    return { instanceId, upgradeId };
  }

  async function expectAnswered(asked: Request): Promise<void> {
    const { instanceId, upgradeId } = await prepared(asked);
    const path = asked.path.replaceAll(ID, instanceId).replaceAll(UPGRADE, upgradeId);
    const url = asked.query === '' ? path : `${path}?${asked.query}`;
    const sent = asked.body === null ? null : Buffer.from(asked.body);
    const own = { 'uplift-callback-token': CALLBACKS.tokenOf(instanceId) };
    const headers = path.startsWith('/api/') ? { ...own, ...asked.headers } : asked.headers;
    const { status, type, body } = await client.send(asked.method, url, headers, sent);
    if (asked.method !== 'HEAD') expectSound(status, type, body);
    expect(services.errors).toEqual([]);
  }

  it('are answered, commands with any body', async () => {
    await fuzz({ edge: 'http-commands', runs: 50 }, fc.asyncProperty(command, expectAnswered));
  });

  it('are answered, reads with any path, parameters and headers', async () => {
    await fuzz({ edge: 'http-reads', runs: 40 }, fc.asyncProperty(read, expectAnswered));
  });

  it('are answered line by line, imports with any lines', async () => {
    await fuzz({ edge: 'http-import', runs: 10 }, fc.asyncProperty(imported, expectAnswered));
  });

  const lines = fc.tuple(
    fc.oneof(fc.constantFrom('GET', 'POST', 'BREW', 'get', 'CONNECT', 'TRACE'), anyText),
    fc.oneof(fc.constantFrom('/v1/stats', '*', 'http://a/', '/v1/instances'), anyText),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', ''),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          'Host: a',
          'Host: localhost',
          'Content-Length: 5',
          'Content-Length: -1',
          'Content-Length: 1e9',
        ),
        fc.constantFrom(
          'Transfer-Encoding: chunked',
          'Transfer-Encoding: gzip',
          'Expect: 100-continue',
        ),
        fc.constantFrom(
          'Connection: Upgrade',
          'Upgrade: websocket',
          ': ',
          `X: ${'y'.repeat(20_000)}`,
        ),
        anyText,
      ),
      { maxLength: 4 },
    ),
    anyBytes,
  );

  it('are answered with a problem or cut, whatever bytes arrive', async () => {
    const property = fc.asyncProperty(lines, async ([method, target, version, headers, body]) => {
      const head = [`${method} ${target} ${version}`, ...headers, 'Connection: close'];
      const received = await exchange(services.port, [
        Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
        body,
      ]);
      expect(received).not.toMatch(STACK);
      expect(received).not.toMatch(/^HTTP\/1\.1 500/);
      const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(received) ?? [];
      const isRefused = Number(status) >= 400 && method !== 'HEAD';
      if (isRefused) expect(received).toMatch(/content-type: application\/problem\+json/i);
    });
    await fuzz({ edge: 'http-bytes', runs: 60 }, property);
  });

  it.each([
    ['no method', ' /v1/stats HTTP/1.1', 400],
    ['another version', 'GET /v1/stats HTTP/9.9', 400],
    ['no host', 'GET /v1/stats HTTP/1.1', 400],
    ['headers that are too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}`, 431],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1', 400],
    [
      'an expectation',
      'GET /none HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nConnection: close',
      404,
    ],
  ])('are refused with a problem: %s', async (_what, head, status) => {
    const received = await exchange(services.port, [Buffer.from(`${head}\r\n\r\n`)]);
    const [, body = ''] = received.split('\r\n\r\n');
    expect(received).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(body)).toMatchObject({ status, code: expect.any(String) as string });
  });
});

interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  /** Empty of a stream of events, which has no end. */
  readonly body: string;
}

class HttpClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  close(): void {
    this.agent.destroy();
  }

  send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Uint8Array | null,
  ): Promise<HttpAnswer> {
    const { agent, port } = this;
    const length = body === null ? {} : { 'content-length': String(body.byteLength) };
    return new Promise((resolve, reject) => {
      const options = { agent, port, method, path, headers: { ...headers, ...length } };
      const sent = request(options, (answer) => void answerOf(answer).then(resolve, reject));
      sent.on('error', reject).end(body ?? undefined);
    });
  }
}

async function answerOf(answer: IncomingMessage): Promise<HttpAnswer> {
  const type = answer.headers['content-type'] ?? '';
  const isEventStream = type.startsWith('text/event-stream');
  const body = isEventStream ? '' : await text(answer);
  if (isEventStream) answer.destroy();
  return { status: answer.statusCode ?? 0, type, body };
}

/** Sends bytes, then nothing more, and gives back all that came until the connection closed. */
function exchange(port: number, parts: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      for (const part of parts) socket.write(part);
      socket.end();
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}
