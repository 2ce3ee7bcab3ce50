import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StoredEvent } from '@uplift/contracts';
import { COMMAND_SUBJECTS, instanceStream } from '@uplift/contracts';
import { actorIdOf } from '@uplift/access';
import type { AuditEventData } from '@uplift/domain';
import { Client } from 'pg';
import { migrateDatabase } from '../../../apps/projector/src/read-model/postgres.migration';
import type { TempFolder } from '../../../tools/stack/src';
import { createTempFolder, PostgresServer } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import { RunningCommandApi, registrationOf } from './running-command-api';
import { ISSUER, jwt, TokenIssuer } from './token-issuer';

const ROOT = `uplift_${'r'.repeat(43)}`;
/** Stands in every name, and may be found in one table alone. */
const CANARY = 'canary5d1e8b27';
/** Stands in a reason, and has to be found: else the search is blind. */
const MARKER = 'marker2c9f4a60';
const NAME = `Jane ${CANARY}`;
const DAY_MS = 86_400_000;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const jane = (claims: object = {}) =>
  jwt({ sub: 'jane', scope: 'instances:read instances:write audit:read', name: NAME, ...claims });
const JANE = actorIdOf(ISSUER, 'jane');

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

describe('the names of those whom events name by id', () => {
  let folder: TempFolder;
  let postgres: PostgresServer;
  let issuer: TokenIssuer;
  let api: RunningCommandApi;

  beforeAll(async () => {
    folder = await createTempFolder('uplift-actors');
    postgres = await PostgresServer.start({ dir: folder.path });
    const url = postgres.urlOf('postgres', 'uplift_projector');
    const actorsUrl = postgres.urlOf('postgres', 'uplift_command_api');
    await migrateDatabase({ ownerUrl: postgres.url, url, actorsUrl });
    issuer = await TokenIssuer.start();
    api = await RunningCommandApi.start({
      UPLIFT_AUTH: 'required',
      UPLIFT_LOG_LEVEL: 'trace',
      UPLIFT_ROOT_TOKEN_HASH: createHash('sha256').update(ROOT).digest('hex'),
      UPLIFT_ACTORS_POSTGRES_URL: actorsUrl,
      ...issuer.settings,
    });
  });

  afterAll(async () => {
    await api.stop();
    issuer.stop();
    await postgres.stop();
    await folder.remove();
  });

  async function register(token: string, key: string = randomUUID()) {
    const body = { ...registrationOf(key), instanceId: randomUUID() };
    return api.post('/v1/instances', { key, headers: bearer(token), body });
  }

  async function rows(): Promise<Record<string, string | null>> {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const { rows: found } = await client.query<{ actor_id: string; name: string | null }>(
      'select actor_id, name from uplift_actors.names',
    );
    await client.end();
    return Object.fromEntries(found.map(({ actor_id: actorId, name }) => [actorId, name]));
  }

  const show = async (actorId: string) =>
    (await api.get(`/v1/actors/${actorId}`, bearer(jane()))).body;

  async function allEvents(): Promise<readonly StoredEvent[]> {
    const all: StoredEvent[] = [];
    for await (const { events, caughtUp } of api.store.subscribeToAll({})) {
      all.push(...events);
      if (caughtUp) break;
    }
    return all;
  }

  it('come from the token of whoever sends a command, and are shown by the id', async () => {
    expect(await show(JANE)).toEqual({ actorId: JANE, state: 'unnamed', name: null });
    const { status, body } = await register(jane());
    expect(status).toBe(202);
    const [registered] = await api.store.load(instanceStream(String(body.instanceId)));
    expect(registered?.metadata.actor).toEqual({ type: 'user', id: JANE });
    await eventually(async () => {
      expect(await show(JANE)).toEqual({ actorId: JANE, state: 'named', name: NAME });
    });
    const path = `/v1/actors?ids=${JANE},${actorIdOf(ISSUER, 'nobody')}`;
    const { body: list } = await api.get(path, bearer(jane()));
    expect(list).toEqual({ items: [{ actorId: JANE, name: NAME }] });
  });

  it('come from the mail address where a token has no other, and from the bus as well', async () => {
    const email = `${CANARY}@example.com`;
    const token = jane({ sub: 'john', name: undefined, email });
    const body = { ...registrationOf('by-john'), instanceId: randomUUID() };
    const headers = { 'Uplift-Actor-Token': token };
    const options = { idempotencyKey: 'by-john', headers };
    await api.bus.request(COMMAND_SUBJECTS.registerInstance, body, options);
    const john = actorIdOf(ISSUER, 'john');
    await eventually(async () => expect(await rows()).toMatchObject({ [john]: email }));
  });

  it('are given to an API token beside what its event keeps, and change nothing of a repeat', async () => {
    const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
    const body = { scopes: ['instances:write'], expiresAt, reason: `nightly ${MARKER}` };
    const call = (name: object) => {
      return { key: 'robot', headers: bearer(ROOT), body: { ...body, ...name } };
    };
    const created = await api.post('/v1/tokens', call({ name: `Robot ${CANARY}` }));
    expect(created.status).toBe(202);
    const repeated = await api.post('/v1/tokens', call({ name: 'Another' }));
    expect(repeated).toMatchObject({ status: 200, body: { tokenId: created.body.tokenId } });
    const actor = String(created.body.actor);
    await eventually(async () => {
      expect(await rows()).toMatchObject({ [actor]: `Robot ${CANARY}` });
    });
    for (const name of ['', ' ', 'two\nlines', 'x'.repeat(101), 7, null, [NAME]]) {
      const { status } = await api.post('/v1/tokens', { ...call({ name }), key: randomUUID() });
      expect([name, status]).toEqual([name, 400]);
    }
  });

  it('are given to an API token by a repeat where the first one was lost with its process', async () => {
    const expiresAt = new Date(Date.now() + DAY_MS).toISOString();
    const body = { scopes: ['instances:write'], expiresAt, reason: `weekly ${MARKER}` };
    const call = { key: 'nameless', headers: bearer(ROOT) };
    const { body: created } = await api.post('/v1/tokens', { ...call, body });
    const name = `Late ${CANARY}`;
    const repeated = await api.post('/v1/tokens', { ...call, body: { ...body, name } });
    expect(repeated).toMatchObject({ status: 200, body: { tokenId: created.tokenId } });
    await eventually(async () => {
      expect(await rows()).toMatchObject({ [String(created.actor)]: name });
    });
  });

  it('are of whoever reads the audit too, which leaves one event an hour', async () => {
    const token = jane({ sub: 'auditor', scope: 'audit:read' });
    const auditor = actorIdOf(ISSUER, 'auditor');
    for (let n = 0; n < 3; n += 1) await api.get('/v1/system/findings', bearer(token));
    await eventually(async () => {
      expect(await rows()).toMatchObject({ [auditor]: NAME });
      const reads = (await allEvents()).filter(({ type }) => type === 'AuditRecordsRead');
      const data = reads.map((each) => each.data as AuditEventData['AuditRecordsRead']);
      const hours = [...new Set(data.map(({ hour }) => hour))];
      expect(hours.length).toBeGreaterThan(0);
      const read = { route: 'GET /v1/system/findings', readBy: auditor };
      expect(data).toEqual(hours.map((hour) => ({ ...read, hour })));
    });
  });

  it('wait while the database is away, which holds up no command', async () => {
    await postgres.stop();
    const token = jane({ sub: 'patient' });
    expect((await register(token)).status).toBe(202);
    const { status, body } = await api.get(`/v1/actors/${JANE}`, bearer(token));
    expect([status, body.code]).toEqual([503, 'actor-names-unavailable']);
    const health = api.stack.service('command-api').port('health');
    await eventually(async () => {
      const ready = await fetch(`http://127.0.0.1:${health}/health/ready`);
      expect(ready.status).toBe(200);
      expect(await ready.text()).toMatch(/names of actors are not kept at present/);
    });
    await postgres.restart();
    const patient = actorIdOf(ISSUER, 'patient');
    await eventually(async () => expect(await rows()).toMatchObject({ [patient]: NAME }));
  });

  it('are erased for good by an event that has the id alone, whoever comes again', async () => {
    const erase = (key: string) => ({ key, headers: bearer(ROOT), body: { reason: 'OPS-12' } });
    const { status, body } = await api.post(`/v1/actors/${JANE}/erase`, erase('erase-jane'));
    expect([status, body.nameGone]).toEqual([202, true]);
    expect(await show(JANE)).toEqual({ actorId: JANE, state: 'erased', name: null });
    const again = await api.post(`/v1/actors/${JANE}/erase`, erase('erase-jane'));
    expect(again).toMatchObject({ status: 200, body: { revision: body.revision } });

    expect((await register(jane({ name: `Janet ${CANARY}` }))).status).toBe(202);
    expect((await register(jane({ sub: 'behind', name: 'Behind Her' }))).status).toBe(202);
    const behind = actorIdOf(ISSUER, 'behind');
    await eventually(async () => expect(await rows()).toMatchObject({ [behind]: 'Behind Her' }));
    expect((await rows())[JANE]).toBeNull();
    const erased = (await allEvents()).filter(({ type }) => type === 'ActorErased');
    expect(erased.map(({ data }) => data)).toEqual([
      { actorId: JANE, reason: 'OPS-12', requestedBy: expect.any(String) as string },
    ]);
    const { body: refused } = await api.post(`/v1/actors/${JANE}/erase`, {
      ...erase('no-reason'),
      body: { reason: `asked by ${CANARY}@example.com` },
    });
    expect(refused.code).toBe('invalid-input');
  });

  it.each(['jane.doe@example.com', 'ask jane@example.com'])(
    'are refused as a reason at both doors: %s',
    async (reason) => {
      const { body } = await register(jane());
      const instanceId = String(body.instanceId);
      const call = { key: randomUUID(), headers: bearer(jane()), body: { reason } };
      const { status, body: refused } = await api.post(`/v1/instances/${instanceId}/park`, call);
      expect([status, refused.code]).toEqual([400, 'invalid-input']);
      expect(JSON.stringify(refused.errors)).toMatch(/holds a mail address/);
      const options = { idempotencyKey: randomUUID(), headers: { 'Uplift-Actor-Token': jane() } };
      const overBus = api.bus.request(
        COMMAND_SUBJECTS.parkInstance,
        { instanceId, reason },
        options,
      );
      await expect(overBus).rejects.toMatchObject({ problem: { code: 'invalid-input' } });
    },
  );

  it('stand in no event, no file of store, bus and log, and no metric', async () => {
    const outputs = new Map<string, string>();
    const health = api.stack.service('command-api').port('health');
    for (const page of ['metrics', 'health/ready', 'health/live']) {
      outputs.set(page, await (await fetch(`http://127.0.0.1:${health}/${page}`)).text());
    }
    outputs.set('tokens', JSON.stringify((await api.get('/v1/tokens', bearer(ROOT))).body));
    outputs.set(
      'store',
      JSON.stringify(await allEvents(), (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    );
    const found = { canary: [] as string[], marker: new Set<string>() };
    for (const file of await filesBelow(api.stack.dir)) {
      const content = await readFile(file).catch(() => Buffer.alloc(0));
      const place = relative(api.stack.dir, file);
      if (content.includes(CANARY)) found.canary.push(place);
      if (content.includes(MARKER)) found.marker.add(place.split('/')[0] ?? '');
    }
    expect([...outputs].filter(([, told]) => told.includes(CANARY)).map(([what]) => what)).toEqual(
      [],
    );
    expect(found.canary).toEqual([]);
    expect([...found.marker]).toContain('eventstore');
  });
});
