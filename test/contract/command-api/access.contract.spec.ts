import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ProblemError } from '@uplift/contracts';
import { COMMAND_SUBJECTS, instanceStream } from '@uplift/contracts';
import { SCOPES } from '@uplift/domain';
import { actorIdOf } from '@uplift/access';
import type { Route } from '../../../apps/command-api/src/access/route-access';
import type { Credential } from '../../../apps/command-api/src/pages/access-page';
import { CREDENTIALS, verdictOf } from '../../../apps/command-api/src/pages/access-page';
import { everyRoute } from '../../../apps/command-api/src/pages/open-api-file';
import { projectRoot } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { RunningCommandApi, registrationOf } from './running-command-api';
import { ISSUER, jwt, TokenIssuer } from './token-issuer';

const ROOT = `uplift_${'r'.repeat(43)}`;
const ROOT_HASH = createHash('sha256').update(ROOT).digest('hex');
const ID = '77777777-7777-4777-8777-777777777777';
const DAY_MS = 86_400_000;
const HTTP_ROUTES = everyRoute().filter(({ transport }) => transport === 'http');
const SUBJECTS = everyRoute().filter(({ transport }) => transport === 'nats');

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

describe('a command API that lets nobody in without a token', () => {
  let issuer: TokenIssuer;
  let api: RunningCommandApi;
  const tokens = new Map<Credential, string>([['a bad token', `uplift_${'x'.repeat(43)}`]]);

  beforeAll(async () => {
    issuer = await TokenIssuer.start();
    api = await RunningCommandApi.start({
      UPLIFT_AUTH: 'required',
      UPLIFT_ROOT_TOKEN_HASH: ROOT_HASH,
      UPLIFT_HEALTH_CALLBACK_KEY: randomUUID(),
      UPLIFT_API_TOKENS_CREATED_AFTER: '2020-01-01T01:00:00+01:00',
      ...issuer.settings,
    });
    for (const scope of SCOPES) tokens.set(scope, (await create({ scopes: [scope] })).token);
  });

  afterAll(async () => {
    await api.stop();
    issuer.stop();
  });

  async function create(changes: object = {}, by = ROOT) {
    const body = { scopes: ['instances:read'], expiresAt: inDays(1), reason: 'a test', ...changes };
    const call = { key: randomUUID(), headers: bearer(by), body };
    const answer = await api.post('/v1/tokens', call);
    return { ...answer, token: String(answer.body.token), tokenId: String(answer.body.tokenId) };
  }

  /** As it stands on the wire: `fetch` would tidy the path up. */
  function send(method: string, path: string, headers: Record<string, string> = {}) {
    const { hostname, port } = new URL(api.url);
    const body = method === 'POST' ? '{}' : '';
    const type = method === 'POST' ? { 'content-type': 'application/json' } : {};
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = httpRequest({ hostname, port, method, path, headers: { ...type, ...headers } });
      sent.once('error', reject).once('response', resolve);
      sent.end(body);
    });
  }

  async function statusOf(method: string, path: string, headers: Record<string, string> = {}) {
    const response = await send(method, path, headers);
    response.destroy();
    return response.statusCode ?? 0;
  }

  /** With a key, so that nothing but the missing token can be why a command is refused. */
  async function refusalOf(method: string, path: string) {
    const response = await send(method, path, { 'idempotency-key': randomUUID() });
    const { statusCode: status } = response;
    const document = await text(response);
    // HEAD has no document.
    return { status, code: document === '' ? undefined : codeIn(document) };
  }

  const [methodOf, pathOf] = [0, 1].map(
    (n) =>
      ({ name }: Route) =>
        (name.split(' ')[n] ?? '')
          .replace(':status', 'running-healthy-claimed')
          .replace(/:\w+/g, ID),
  ) as [(route: Route) => string, (route: Route) => string];

  it.each(HTTP_ROUTES.map((route) => [route.name, route] as const))(
    'answers %s as its page says, to every kind of token',
    async (_name, route) => {
      const answers = await Promise.all(
        CREDENTIALS.map(async (credential) => {
          const token = tokens.get(credential);
          const headers = token === undefined ? {} : bearer(token);
          const status = await statusOf(methodOf(route), pathOf(route), headers);
          return [credential, status === 401 || status === 403 ? status : 'passes'];
        }),
      );
      const told = CREDENTIALS.map((credential) => [credential, verdictOf(route, credential)]);
      expect(answers).toEqual(told);
    },
  );

  it.each(
    HTTP_ROUTES.filter(({ access }) => access?.kind !== 'public').map((r) => [r.name, r] as const),
  )('lets nobody pass %s by writing it in another way', async (_name, route) => {
    const method = methodOf(route);
    const path = pathOf(route);
    const ways: (readonly [string, string])[] = [
      ...['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'].map((other) => [other, path] as const),
      ...[`${path}/`, `/${path}`, path.replace('/', '//'), path.toUpperCase()].map(
        (other) => [method, other] as const,
      ),
      ...[`/%2e${path}`, `/x/..${path}`, path.replace(/.$/, encodeLast), `${path};a=b`].map(
        (other) => [method, other] as const,
      ),
      [method, `${path}?access_token=${ROOT}&token=${ROOT}&authorization=Bearer%20${ROOT}`],
    ];
    for (const [as, written] of ways) {
      const refused = await refusalOf(as, written);
      const isDenied = DENIALS.some(({ status, code }) => {
        return status === refused.status && (refused.code ?? code) === code;
      });
      expect({ as, written, refused, isDenied }).toEqual({ as, written, refused, isDenied: true });
    }
  });

  it.each(SUBJECTS.map((route) => [route.name, route] as const))(
    'answers %s over the bus as its page says, to every kind of token',
    async (_name, route) => {
      for (const credential of CREDENTIALS) {
        const token = tokens.get(credential);
        const headers = token === undefined ? {} : { 'Uplift-Actor-Token': token };
        const error: unknown = await api.bus
          .request(route.name, {}, { idempotencyKey: randomUUID(), headers })
          .catch((thrown: unknown) => thrown);
        const { status } = (error as ProblemError).problem;
        const verdict = status === 401 || status === 403 ? status : 'passes';
        expect([credential, verdict]).toEqual([credential, verdictOf(route, credential)]);
      }
    },
  );

  it.each([
    ['the token alone', ROOT],
    ['another scheme', `Basic ${Buffer.from(`x:${ROOT}`).toString('base64')}`],
    ['nothing behind the scheme', 'Bearer'],
    ['more than a token', `Bearer ${ROOT} ${ROOT}`],
    ['the hash of the token', `Bearer ${ROOT_HASH}`],
    ['a very long token', `Bearer uplift_${'x'.repeat(8_000)}`],
  ])('takes %s for no token', async (_what, authorization) => {
    const { status, headers } = await api.get('/v1/whoami', { authorization });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="uplift", error="invalid_token"');
  });

  it('says what is missing', async () => {
    const none = await api.get('/v1/whoami');
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="uplift"');
    expect(none.body).toMatchObject({ code: 'credentials-missing', status: 401 });
    const weak = await api.get('/v1/tokens', bearer(tokens.get('audit:read') ?? ''));
    expect(weak.headers.get('www-authenticate')).toBe(
      'Bearer realm="uplift", error="insufficient_scope", scope="system:operate"',
    );
    expect(weak.body).toMatchObject({ code: 'scope-missing', scope: 'system:operate' });
  });

  it('names the holder of a token of the issuer in the event, and nowhere by name', async () => {
    const token = jwt({ sub: 'jane@example.com', scope: 'instances:write' });
    const body = { ...registrationOf('by-jane'), instanceId: randomUUID() };
    const { status } = await api.post('/v1/instances', {
      key: 'jane',
      headers: bearer(token),
      body,
    });
    expect(status).toBe(202);
    const events = await api.store.load(instanceStream(body.instanceId));
    const actor = { type: 'user', id: actorIdOf(ISSUER, 'jane@example.com') };
    expect(events[0]?.metadata.actor).toEqual(actor);
    expect(JSON.stringify(events[0]?.data) + JSON.stringify(events[0]?.metadata)).not.toMatch(
      /jane@/,
    );
  });

  it('names who sends a command over the bus: the holder of the token, or else the bus', async () => {
    const token = jwt({ sub: 'john', scope: 'instances:write' });
    const actorOf = async (name: string, headers: Record<string, string>) => {
      const body = { ...registrationOf(name), instanceId: randomUUID() };
      const options = { idempotencyKey: name, headers };
      await api.bus.request(COMMAND_SUBJECTS.registerInstance, body, options);
      const [event] = await api.store.load(instanceStream(body.instanceId));
      return event?.metadata.actor;
    };
    const john = { type: 'user', id: actorIdOf(ISSUER, 'john') };
    expect(await actorOf('by-john', { 'Uplift-Actor-Token': token })).toEqual(john);
    expect(await actorOf('by-bus', {})).toEqual({ type: 'service_account', id: 'bus' });
  });

  it('keeps each denied command once', async () => {
    const token = tokens.get('instances:read') ?? '';
    const stop = { key: 'denied', headers: bearer(token), body: { reason: 'no right' } };
    for (let n = 0; n < 3; n += 1) await api.post('/v1/system/stop-starts', stop);
    const { body } = await api.get('/v1/whoami', bearer(token));
    const deniedTo = (body.actor as { id: string }).id;
    await eventually(async () => {
      const denied: object[] = [];
      for await (const { events, caughtUp } of api.store.subscribeToAll({})) {
        denied.push(
          ...events.filter(({ type }) => type === 'CommandDenied').map(({ data }) => data),
        );
        if (caughtUp) break;
      }
      const command = 'POST /v1/system/stop-starts';
      const ours = denied.filter(
        (each) =>
          'deniedTo' in each &&
          each.deniedTo === deniedTo &&
          'command' in each &&
          each.command === command,
      );
      expect(ours).toEqual([
        expect.objectContaining({ command, transport: 'http', code: 'scope-missing' }),
      ]);
    });
  });

  it('takes 60 commands of a token in a minute over both transports, and counts reads apart', async () => {
    const { token } = await create({ scopes: ['audit:read'] });
    const subject = COMMAND_SUBJECTS.stopStarts;
    const [method, path] = ['POST', '/v1/system/stop-starts'];
    const overBus = () =>
      api.connection.request(subject, '{}', {
        timeoutMs: 5_000,
        headers: { 'Uplift-Actor-Token': token },
      });
    for (let n = 0; n < 30; n += 1) {
      expect(await statusOf(method, path, bearer(token))).toBe(403);
      expect((await overBus()).headers['Nats-Service-Error-Code']).toBe('403');
    }
    const { headers, status, body } = await api.post(path, { headers: bearer(token), body: {} });
    expect({ status, code: body.code }).toEqual({ status: 429, code: 'too-many-requests' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(headers.get('ratelimit-policy')).toBe('"writes";q=60;w=60');
    expect(headers.get('ratelimit')).toBe(`"writes";r=0;t=${headers.get('retry-after')}`);
    const refused = (await overBus()).headers;
    expect(refused['Nats-Service-Error-Code']).toBe('429');
    expect(Number(refused['Retry-After'])).toBeGreaterThan(0);
    const read = await api.get('/v1/whoami', bearer(token));
    expect(read.headers.get('ratelimit')).toMatch(/^"reads";r=599;t=\d+$/);
  });

  it('opens five streams of events for a token, from wherever they are asked for', async () => {
    const { token } = await create();
    const open = () => send('GET', '/v1/events', bearer(token));
    const streams = await Promise.all([1, 2, 3, 4, 5].map(open));
    expect(streams.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    const { status, body } = await api.get('/v1/events', bearer(token));
    expect({ status, code: body.code }).toEqual({ status: 429, code: 'too-many-streams' });
    for (const stream of streams) stream.destroy();
  });

  it('limits a token of the issuer by its claim', async () => {
    const claims = { sub: 'jack', scope: 'instances:read instances:write' };
    const limited = jwt({ ...claims, uplift_labels: { team: 'payments' } });
    const { body } = await api.get('/v1/whoami', bearer(limited));
    expect(body).toMatchObject({ labels: { team: 'payments' } });
    const outside = { ...registrationOf('by-jack'), labels: { team: 'ledger' } };
    const call = { key: 'jack', headers: bearer(limited), body: outside };
    expect((await api.post('/v1/instances', call)).body).toMatchObject({ code: 'token-limited' });
    const unreadable = jwt({ ...claims, uplift_labels: 'payments' });
    expect(await api.get('/v1/whoami', bearer(unreadable))).toMatchObject({ status: 401 });
  });

  it('gives no token more than its creator has, and shows it once', async () => {
    const operator = tokens.get('system:operate') ?? '';
    const more = await create({ scopes: ['system:operate', 'audit:read'] }, operator);
    expect(more.body).toMatchObject({ code: 'scope-missing', status: 403 });
    expect(await create({ expiresAt: inDays(367) })).toMatchObject({ status: 422 });
    expect(await create({ expiresAt: inDays(-1) })).toMatchObject({ status: 422 });

    const body = { scopes: ['audit:read'], expiresAt: inDays(1), reason: 'twice' };
    const call = { key: 'twice', headers: bearer(ROOT), body };
    const first = await api.post('/v1/tokens', call);
    const again = await api.post('/v1/tokens', call);
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(again.body).toEqual({ ...first.body, token: null });
    const list = await api.get('/v1/tokens', bearer(ROOT));
    expect(JSON.stringify(list.body)).not.toMatch(/uplift_|hash/);
  });

  it('takes a revoked token no more, and tells the stream of events that it opened', async () => {
    const { token, tokenId } = await create();
    const stream = await fetch(`${api.url}/v1/events`, { headers: bearer(token) });
    expect(stream.status).toBe(200);
    const ended = text(stream.body as never);

    const call = { key: randomUUID(), headers: bearer(ROOT), body: { reason: 'leaked' } };
    expect((await api.post(`/v1/tokens/${tokenId}/revoke`, call)).status).toBe(202);
    const { status, body } = await api.get('/v1/whoami', bearer(token));
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'credentials-refused' });
    expect(await ended).toMatch(/event: closed\ndata: \{"reason":"access-ended"/);
    const unknown = await api.post(`/v1/tokens/${ID}/revoke`, { ...call, key: randomUUID() });
    expect(unknown.body).toMatchObject({ code: 'token-unknown' });
  });

  it('says at its start from when on API tokens count', () => {
    const lines = readFileSync(api.stack.service('command-api').logFile, 'utf8');
    expect(lines).toContain('API tokens that were created before 2020-01-01T00:00:00.000Z do not');
  });

  it.each([
    ['nothing is set', {}, /set UPLIFT_ROOT_TOKEN_HASH/],
    ['access is off for others', { UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: '0.0.0.0' }, /loopback/],
  ])('does not start where %s', async (_what, settings, words) => {
    const child = spawn(process.execPath, ['dist/apps/command-api/src/main.js'], {
      cwd: projectRoot(),
      env: {
        PATH: process.env.PATH,
        UPLIFT_EVENTSTORE_URL: api.stack.url('eventstore'),
        UPLIFT_NATS_URL: api.stack.url('nats'),
        ...settings,
      },
    });
    const exit = once(child, 'exit') as Promise<[number | null]>;
    const [stderr, [code]] = await Promise.all([text(child.stderr), exit]);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
  });
});

/** No route, or none without a token: every other answer comes from a handler, or from what stands behind the guard. */
const DENIALS = [
  { status: 401, code: 'credentials-missing' },
  { status: 404, code: 'route-unknown' },
  { status: 405, code: 'method-not-allowed' },
  // Of the callbacks, which take a token of their own.
  { status: 401, code: 'health-token-refused' },
  { status: 403, code: 'health-callbacks-off' },
];

function codeIn(document: string): string {
  return (JSON.parse(document) as { readonly code: string }).code;
}

function encodeLast(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}
