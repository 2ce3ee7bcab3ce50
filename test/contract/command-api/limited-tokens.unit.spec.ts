import { createHash, randomUUID } from 'node:crypto';
import { BusClient } from '@uplift/bus';
import type { ProblemError } from '@uplift/contracts';
import { eventVersion, FINDINGS_STREAM } from '@uplift/contracts';
import type { Scope } from '@uplift/domain';
import { SCOPES } from '@uplift/domain';
import { NO_STREAM } from '@uplift/event-store';
import { SAMPLE_METADATA } from '@uplift/event-store/testing';
import type { Route } from '../../../apps/command-api/src/access/route-access';
import type { Target } from '../../../apps/command-api/src/pages/access-page';
import {
  limitVerdictOf,
  QUERY_ROUTES,
  TARGETS,
} from '../../../apps/command-api/src/pages/access-page';
import { everyRoute } from '../../../apps/command-api/src/pages/open-api-file';
import { ServicesInProcess } from '../../fuzz/services-in-process';
import { eventually } from '../../support/eventually';
import { COMMAND_BODIES, instanceAt } from '../../fuzz/valid-inputs';

const ROOT = `uplift_${'r'.repeat(43)}`;
const SETTINGS = {
  UPLIFT_AUTH: 'required',
  UPLIFT_ROOT_TOKEN_HASH: createHash('sha256').update(ROOT).digest('hex'),
  // Every route for every token, within seconds.
  UPLIFT_WRITES_PER_MINUTE: '0',
  UPLIFT_READS_PER_MINUTE: '0',
};
const TEAMS = ['payments', 'ledger'] as const;
type Team = (typeof TEAMS)[number];
const OTHER: Readonly<Record<Team, Team>> = { payments: 'ledger', ledger: 'payments' };

/** Every id that a path or a body may name. */
interface Ids {
  readonly instanceId: string;
  readonly upgradeId: string;
  readonly tokenId: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const NOWHERE: Ids = {
  instanceId: '00000000-0000-4000-8000-000000000001',
  upgradeId: '00000000-0000-4000-8000-000000000002',
  tokenId: '00000000-0000-4000-8000-000000000003',
};
const { reason } = COMMAND_BODIES;
const inADay = new Date(Date.now() + 86_400_000).toISOString();

/** By the last word of a route or of a subject. */
const BODIES: Readonly<Record<string, object>> = {
  ...{ deregister: reason, park: reason, unpark: reason, claim: reason, unclaim: reason },
  update: { app: 'wiki', ...reason },
  ...{ abandon: reason, cancel: reason, redrive: reason, rollback: reason, revoke: reason },
  ...{ health: COMMAND_BODIES.health, 'report-health': COMMAND_BODIES.health },
  ...{ upgrades: { reason: 'new version' }, trigger: { reason: 'new version' } },
  trigger_upgrade: { reason: 'new version' },
  ...{ prioritize: COMMAND_BODIES.prioritize, retry: COMMAND_BODIES.retry },
  resolve: COMMAND_BODIES.resolve,
  ...{ 'accept-store': reason, 'allow-starts': reason, 'stop-starts': reason },
  ...{ webhooks: {}, create: {}, delete: {}, deliveries: {}, list: {} },
  ...{ replay: {}, 'rotate-secret': {}, test: {} },
  ...{ erase: reason, close: reason, 'close-finding': { ...reason, findingId: NOWHERE.tokenId } },
};

let services: ServicesInProcess;
const tokens = {} as Record<Team, string>;
const ids = {} as Record<Team, Ids>;
/** Tokens with every scope but one. */
const lacking = {} as Record<Scope, string>;
let registered = 0;

beforeAll(async () => {
  services = await ServicesInProcess.start(SETTINGS);
  for (const team of TEAMS) await prepare(team);
  for (const missing of SCOPES) {
    lacking[missing] = (
      await createToken({ scopes: SCOPES.filter((each) => each !== missing) })
    ).token;
  }
  const findings = TEAMS.map((team, n) => ({
    ...{ id: randomUUID(), type: 'FindingRecorded' },
    data: {
      ...{ findingId: `finding-${n}`, kind: 'broken-chain', detail: 'a test' },
      ...{ subject: `instance-${ids[team].instanceId}`, evidence: {}, count: 1 },
    },
    metadata: { ...SAMPLE_METADATA, schemaVersion: eventVersion('system', 'FindingRecorded') },
  }));
  const { position } = await services.store.append(FINDINGS_STREAM, NO_STREAM, findings);
  await eventually(async () => {
    const caughtUp = await ask('GET', `/v1/system?min-position=${position}`, ROOT);
    expect(caughtUp.status).toBe(200);
  });
});

afterAll(() => services.stop());

/** An instance with an upgrade, a token for it, and a token of the same limit that may be revoked. */
async function prepare(team: Team): Promise<void> {
  const [instanceId, body] = registration({ team });
  await ask('POST', '/v1/instances', ROOT, body);
  const upgrade = await ask('POST', `/v1/instances/${instanceId}/upgrades`, ROOT, BODIES.upgrades);
  const { upgradeId } = JSON.parse(upgrade.text) as Ids;
  const grant = { scopes: SCOPES, labels: { team } };
  tokens[team] = (await createToken(grant)).token;
  ids[team] = { instanceId, upgradeId, tokenId: (await createToken(grant)).tokenId };
}

async function createToken(grant: object) {
  const body = { ...grant, expiresAt: inADay, reason: 'a test' };
  const created = await ask('POST', '/v1/tokens', ROOT, body);
  return JSON.parse(created.text) as { readonly token: string; readonly tokenId: string };
}

function registration(labels: object, instanceId?: string): readonly [string, object] {
  const [made, body] = instanceAt((registered += 1));
  return [instanceId ?? made, { ...body, labels, instanceId: instanceId ?? made }];
}

async function ask(method: string, path: string, token: string, body?: object): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${services.port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': randomUUID(),
      'content-type': path.endsWith('/import') ? 'application/x-ndjson' : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, text: await response.text() };
}

/** The same over the bus: a problem has the status that it has over HTTP. */
async function askOverBus(subject: string, token: string, body: object): Promise<Answer> {
  const bus = new BusClient(services.connect('spec'));
  const options = { idempotencyKey: randomUUID(), headers: { 'Uplift-Actor-Token': token } };
  try {
    return {
      status: 200,
      headers: {},
      text: JSON.stringify(await bus.request(subject, body, options)),
    };
  } catch (error) {
    const { problem } = error as ProblemError;
    return { status: problem.status, headers: {}, text: JSON.stringify(problem) };
  }
}

function bodyFor({ name }: Route, team: Team, about: Ids): object {
  if (name.endsWith('/import')) return registration({ team })[1];
  // Under an id of others, or under one that nobody has.
  const isForeign = about.instanceId === ids[OTHER[team]].instanceId;
  const under = isForeign ? about.instanceId : undefined;
  if (/\/instances$|\.register$/.test(name)) return registration({ team }, under)[1];
  if (name === 'POST /v1/tokens') {
    return { scopes: ['audit:read'], labels: { team }, expiresAt: inADay, reason: 'a test' };
  }
  const body = BODIES[/[\w-]+$/.exec(name)?.[0] ?? ''];
  if (body === undefined) throw new Error(`Nobody says what ${name} takes`);
  return body;
}

/** Of an upgrade only some commands speak over the bus; what an endpoint does not know it would refuse. */
function overBus({ name }: Route, body: object, { instanceId, upgradeId }: Ids): object {
  if (/\.(list|stats|status|findings|register)$|\.cmd\.v1\.system\./.test(name)) return body;
  if (name.endsWith('.qry.v1.upgrade.get')) return { upgradeId };
  const isOfInstance = /\.instance\.|\.upgrade\.trigger$|^trigger_upgrade$/.test(name);
  return { ...body, instanceId, ...(isOfInstance ? {} : { upgradeId }) };
}

async function send(route: Route, team: Team, about: Ids): Promise<Answer> {
  const { transport, name } = route;
  if (transport === 'nats') {
    const body = name.includes('.qry.') ? {} : bodyFor(route, team, about);
    return askOverBus(name, tokens[team], overBus(route, body, about));
  }
  const [method = '', pattern = ''] = name.split(' ');
  const { instanceId, upgradeId, tokenId } = about;
  const id = pattern.includes('/tokens/') ? tokenId : instanceId;
  const path = pattern
    .replace('/v1/upgrades/:id', `/v1/upgrades/${upgradeId}`)
    .replace(':upgradeId', upgradeId)
    .replace(':id', id);
  return ask(
    method,
    path,
    tokens[team],
    method === 'POST' ? bodyFor(route, team, about) : undefined,
  );
}

const PER_REQUEST = ['date', 'content-length'];

/** What an answer says, whatever was asked for. */
function without({ status, headers, text }: Answer, about: Ids): object {
  const said = Object.entries(headers).filter(([name]) => !PER_REQUEST.includes(name));
  const named = Object.values(about) as string[];
  const replaced = named.reduce((all, id) => all.replaceAll(id, 'ID'), text);
  return { status, said, text: replaced, length: text.length };
}

const ROUTES = [...everyRoute(), ...QUERY_ROUTES].filter(
  (route) => limitVerdictOf(route, 'nothing') !== undefined,
);
const targetsOf = (team: Team): Readonly<Record<Target, Ids>> => ({
  'within its limit': ids[team],
  outside: ids[OTHER[team]],
  nothing: NOWHERE,
});
const OTHERS = ROUTES.filter(({ name }) => name !== 'GET /v1/events');
const HIDING = ROUTES.filter((route) => limitVerdictOf(route, 'nothing') === 404);
const REGISTERING = ROUTES.filter(({ name }) => /^POST .*\/instances$|\.register$/.test(name));
const byName = (routes: readonly Route[]) => routes.map((route) => [route.name, route] as const);

describe('a token that is limited to labels', () => {
  it.each(byName(OTHERS))(
    'is answered on %s as the page says, whatever it names',
    async (_name, route) => {
      for (const team of TEAMS) {
        const targets = targetsOf(team);
        for (const target of TARGETS) {
          const answer = await send(route, team, targets[target]);
          const verdict = limitVerdictOf(route, target);
          const { status } = answer;
          const isPassing = status !== 403 && status !== 404;
          const seen = isPassing ? (verdict === 'own' ? 'own' : 'passes') : status;
          expect([team, target, seen, answer.text]).toEqual([team, target, verdict, answer.text]);
          // What the caller named himself may stand in the answer.
          const others = Object.values(ids[OTHER[team]]) as string[];
          const mayName = target === 'outside' && verdict === 404 ? others : [];
          const told = others.filter((id) => answer.text.includes(id));
          expect(told.filter((id) => !mayName.includes(id))).toEqual([]);
        }
      }
    },
  );

  it.each(byName(HIDING))(
    'cannot tell on %s what is outside from what is not there',
    async (_name, route) => {
      for (const team of TEAMS) {
        const foreign = ids[OTHER[team]];
        const outside = await send(route, team, foreign);
        const nothing = await send(route, team, NOWHERE);
        expect(without(outside, foreign)).toEqual(without(nothing, NOWHERE));
      }
    },
  );

  it('sees its own in every list, and the root token all of them', async () => {
    const both = TEAMS.map((team) => ids[team]);
    const lists = [
      ['/v1/instances', both.map(({ instanceId }) => instanceId)],
      ['/v1/upgrades', both.map(({ upgradeId }) => upgradeId)],
      ['/v1/system/findings', both.map(({ instanceId }) => instanceId)],
      ['/v1/tokens', both.map(({ tokenId }) => tokenId)],
    ] as const;
    for (const [path, all] of lists) {
      const seenBy = async (token: string) => {
        const { text } = await ask('GET', path, token);
        return all.filter((id) => text.includes(id));
      };
      expect(await seenBy(ROOT)).toEqual(all);
      expect(await seenBy(tokens.payments)).toEqual([all[0]]);
      expect(await seenBy(tokens.ledger)).toEqual([all[1]]);
    }
  });

  it('is told numbers of its own instances alone', async () => {
    const countsFor = async (token: string) => {
      const { text } = await ask('GET', '/v1/stats', token);
      const { instances, upgrades } = JSON.parse(text) as Record<string, { total: number }>;
      const listed = await ask('GET', '/v1/instances?limit=100', token);
      const { items } = JSON.parse(listed.text) as { items: object[] };
      expect(instances?.total).toBe(items.length);
      return { instances: instances?.total ?? 0, upgrades: upgrades?.total ?? 0 };
    };
    const all = await countsFor(ROOT);
    const one = await countsFor(tokens.payments);
    const other = await countsFor(tokens.ledger);
    expect(one.instances + other.instances).toBe(all.instances);
    expect(one.upgrades).toBeGreaterThan(0);
    expect(one.upgrades + other.upgrades).toBe(all.upgrades);
  });

  it.each([
    ['/v1/instances', (id: Ids) => id.instanceId],
    ['/v1/upgrades', (id: Ids) => id.upgradeId],
  ])('sees on %s by no filter and in no order what is not its own', async (path, idOf) => {
    const filters = ['label=team=ledger', 'label=team=payments', 'project=shop', 'sort=-status'];
    const known = path === '/v1/upgrades' ? filters.slice(0, 3) : filters;
    for (const query of [...known, filters.slice(0, 2).join('&')]) {
      const { status, text } = await ask('GET', `${path}?${query}`, tokens.payments);
      expect([status, text.includes(idOf(ids.ledger))]).toEqual([200, false]);
    }
    const foreign = await ask('GET', `${path}?label=team=ledger`, tokens.payments);
    expect(JSON.parse(foreign.text)).toMatchObject({ items: [], nextCursor: null });
    const own = await ask('GET', `${path}?label=team=payments`, tokens.payments);
    expect(own.text).toContain(idOf(ids.payments));
  });

  it('finds in the findings that are open those about its own', async () => {
    const { text } = await ask('GET', '/v1/system/findings', tokens.payments);
    expect(JSON.parse(text)).toMatchObject({ openByKind: { 'broken-chain': 1 } });
  });

  it.each(TEAMS)('of %s is sent the events of its own instances alone', async (team) => {
    const [ownId, otherId] = [ids[team].instanceId, ids[OTHER[team]].instanceId];
    const [last, body] = registration({ team });
    await ask('POST', '/v1/instances', ROOT, registration({ team: OTHER[team] })[1]);
    await ask('POST', '/v1/instances', ROOT, body);
    const gone = new AbortController();
    const response = await fetch(`http://127.0.0.1:${services.port}/v1/events?after=0`, {
      headers: { authorization: `Bearer ${tokens[team]}` },
      signal: gone.signal,
    });
    let sent = '';
    for await (const chunk of response.body ?? []) {
      sent += Buffer.from(chunk as Uint8Array).toString('utf8');
      if (sent.includes(`"subject":"${last}"`)) break;
    }
    gone.abort();
    expect(sent).toContain(`"subject":"${ownId}"`);
    expect(sent).not.toContain(otherId);
    expect(sent).not.toMatch(/ApiToken|CommandDenied/);
    expect(sent).toMatch(/FindingRecorded/);
  });

  it.each(byName(REGISTERING))(
    'registers on %s nothing that lacks its labels',
    async (_name, route) => {
      const [, body] = registration({ team: 'ledger' });
      const { status, text } =
        route.transport === 'nats'
          ? await askOverBus(route.name, tokens.payments, body)
          : await ask('POST', '/v1/instances', tokens.payments, body);
      expect(status).toBe(403);
      expect(JSON.parse(text)).toMatchObject({ code: 'token-limited' });
    },
  );

  it('answers each line of an import by its own labels', async () => {
    const [own, ownBody] = registration({ team: 'payments', region: 'eu' });
    const lines = [ownBody, registration({ team: 'ledger' })[1], registration({})[1]];
    const taken = registration({ team: 'payments' }, ids.ledger.instanceId)[1];
    const text = [...lines, taken].map((line) => JSON.stringify(line)).join('\n');
    const response = await fetch(`http://127.0.0.1:${services.port}/v1/instances/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokens.payments}`,
        'content-type': 'application/x-ndjson',
      },
      body: text,
    });
    const answers = (await response.text()).trim().split('\n');
    const statuses = answers.map((line) => (JSON.parse(line) as { status: number }).status);
    expect(statuses).toEqual([202, 403, 403, 404]);
    expect(answers[0]).toContain(own);
  });

  it('whoami tells its limit', async () => {
    const { text } = await ask('GET', '/v1/whoami', tokens.ledger);
    expect(JSON.parse(text)).toMatchObject({ labels: { team: 'ledger' }, scopes: SCOPES });
  });
});

describe('a query on the bus', () => {
  it.each(byName(QUERY_ROUTES))(
    'takes on %s no bad token, and none without its scope',
    async (name, { access }) => {
      if (access?.kind !== 'scope') throw new Error('It needs no scope');
      const { scope } = access;
      expect((await askOverBus(name, `uplift_${'x'.repeat(43)}`, {})).status).toBe(401);
      const refused = await askOverBus(name, lacking[scope], {});
      expect(JSON.parse(refused.text)).toMatchObject({ code: 'scope-missing', scope });
    },
  );

  it('without a token is answered to whomever the bus lets ask', async () => {
    const bus = new BusClient(services.connect('spec'));
    const all = JSON.stringify(await bus.request('uplift.qry.v1.instance.list', {}));
    for (const team of TEAMS) expect(all).toContain(ids[team].instanceId);
  });

  it('may limit itself, and no further than its token', async () => {
    const list = 'uplift.qry.v1.instance.list';
    const ledger = { labels: { team: 'ledger' } };
    const { instanceId } = ids.ledger;
    expect((await askOverBus(list, ROOT, ledger)).text).toContain(instanceId);
    expect((await askOverBus(list, ROOT, ledger)).text).not.toContain(ids.payments.instanceId);
    const own = await askOverBus(list, tokens.payments, ledger);
    expect(JSON.parse(own.text)).toMatchObject({ items: [] });
  });
});
