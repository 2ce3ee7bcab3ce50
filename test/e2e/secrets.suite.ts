import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { FleetInstance } from '../support/fleet';
import { makeFleet, registrationOf } from '../support/fleet';
import type { RunningUplift } from '../support/running-uplift';
import { runUplift } from '../support/running-uplift';
import { requestByHand } from './plain-clients';

/** Stands wherever a secret may stand, and may be found nowhere. */
export const CANARY = 'canary7f3a9c51';
/** Stands in a reason, and has to be found: else the search is blind. */
const MARKER = 'marker4b8e2d07';

/** Settings of every service of a stack that the suite runs on. */
export const SECRET_SETTINGS = { UPLIFT_LAGOON_TOKEN: CANARY };

const SECRET = `password=${CANARY}`;
const SCRIPT = { service: 'cli', command: `mysqldump --${SECRET}` };

/** Bodies with the canary in every field that takes free text. */
function secretBodies(instance: FleetInstance): readonly (readonly [string, string, object])[] {
  const { instanceId } = instance;
  const registration = {
    ...registrationOf(instance),
    labels: { note: SECRET, password: CANARY },
    scripts: { preUpgrade: SCRIPT, postUpgrade: { registeredTask: SECRET } },
    healthProbe: { path: `/?${SECRET}`, kind: 'task', script: SCRIPT },
    upgrade: { strategy: 'script', target: { script: SCRIPT } },
  };
  const trigger = {
    strategy: 'variables',
    target: { variables: [{ name: 'VERSION', value: SECRET }] },
    reason: SECRET,
  };
  const upgrade = `/v1/instances/${instanceId}/upgrades/${randomUUID()}`;
  const retry = { reason: SECRET, strategy: 'script', target: { script: SCRIPT } };
  return [
    ['/v1/instances', COMMAND_SUBJECTS.registerInstance, registration],
    [`/v1/instances/${instanceId}/upgrades`, COMMAND_SUBJECTS.triggerUpgrade, trigger],
    [`${upgrade}/retry`, COMMAND_SUBJECTS.retryUpgrade, retry],
    [`${upgrade}/cancel`, COMMAND_SUBJECTS.cancelUpgrade, { reason: SECRET }],
    [`/v1/instances/${instanceId}/park`, COMMAND_SUBJECTS.parkInstance, { reason: SECRET }],
  ];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

export function secretsSuite(running: () => RunningUplift): void {
  describe('a secret', () => {
    const outputs: (readonly [string, string])[] = [];
    let uplift: RunningUplift;
    let instance: FleetInstance;

    beforeAll(() => {
      uplift = running();
    });

    const keep = (where: string, text: string) => void outputs.push([where, text]);

    async function post(path: string, body: string, headers: Record<string, string> = {}) {
      const response = await fetch(`${uplift.stack.apiUrl}${path}`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
          ...headers,
        },
      });
      const text = await response.text();
      keep(`HTTP ${path}`, text);
      return { status: response.status, text };
    }

    async function cli(own: Readonly<Record<string, string>>, ...args: readonly string[]) {
      const { stdout, stderr, code } = await runUplift({ ...uplift.settings, ...own }, ...args);
      keep(`uplift ${args.join(' ')}`, stdout + stderr);
      return code;
    }

    it('is refused at every door', async () => {
      const fleet = makeFleet(1);
      instance = fleet[0]!;
      await uplift.place(fleet);
      const nats = uplift.stack.url('nats');
      for (const [path, subject, body] of secretBodies(instance)) {
        const { status, text } = await post(path, JSON.stringify(body));
        expect([path, status, text]).toEqual([path, 400, expect.stringContaining('seems to hold')]);
        const { instanceId } = instance;
        const whole = { instanceId, upgradeId: randomUUID(), ...body };
        const reply = await requestByHand(nats, subject, JSON.stringify(whole), {
          'Idempotency-Key': randomUUID(),
        });
        keep(`NATS ${subject}`, reply.headers + reply.body);
        expect(reply.body).toContain('invalid-input');
      }
      const [[, , registration]] = secretBodies(instance) as [[string, string, object]];
      const line = { ...registration, instanceId: randomUUID() };
      const ndjson = { 'content-type': 'application/x-ndjson' };
      const imported = await post('/v1/instances/import', `${JSON.stringify(line)}\n`, ndjson);
      expect(imported.text).toContain('seems to hold');
      const trigger = ['upgrade', 'trigger', instance.instanceId, '--reason', SECRET];
      expect(await cli({}, '-o', 'json', ...trigger)).not.toBe(0);
    });

    it('in what else a request has goes no further', async () => {
      const headers = {
        ...{ authorization: `Bearer ${CANARY}`, cookie: `session=${CANARY}`, 'x-token': CANARY },
        ...{ 'x-request-id': CANARY, 'idempotency-key': CANARY, 'user-agent': CANARY },
      };
      const path = `/v1/instances/${instance.instanceId}/park?token=${CANARY}`;
      await post(path, JSON.stringify({ reason: 'a key that is a secret' }), headers);
      await post(path, `{"reason": "${CANARY}`, headers);
      await post(path, JSON.stringify({ reason: 7, password: CANARY }), headers);
      await post('/v1/instances', JSON.stringify({ project: [CANARY], status: CANARY }), headers);
    });

    it('in an address goes into no output', async () => {
      const { UPLIFT_EVENTSTORE_URL = '' } = uplift.stack.env;
      const withUser = (url: string) => url.replace('://', `://u:${CANARY}@`);
      const database = uplift.stack.url('postgres').replace('@', `:${CANARY}@`);
      const own = { UPLIFT_POSTGRES_URL: database };
      await uplift.stack.startService('projector', 'projector-with-secrets', own);
      for (const url of [
        withUser(UPLIFT_EVENTSTORE_URL),
        `${UPLIFT_EVENTSTORE_URL}&password=${CANARY}`,
        withUser(UPLIFT_EVENTSTORE_URL).replace('@', '?@'),
        `mysql://u:${CANARY}@host`,
      ]) {
        await cli({ UPLIFT_EVENTSTORE_URL: url }, 'audit', 'replay', instance.instanceId);
      }
      const migrate = { UPLIFT_POSTGRES_URL: `postgres://u:${CANARY}@127.0.0.1:1/db` };
      await cli({ ...migrate, UPLIFT_POSTGRES_OWNER_URL: migrate.UPLIFT_POSTGRES_URL }, 'migrate');
    });

    it('in what Lagoon answers goes no further', async () => {
      const message = `Bearer ${CANARY} is wrong`;
      const fleet = makeFleet(2, ['sound', 'build-fails']);
      await uplift.place(fleet);
      for (const each of fleet) {
        await uplift.lagoon.change(each, { buildTraits: { buildLog: message } });
      }
      await uplift.lagoon.plan(
        { kind: 'refuse', message, times: 2 },
        { kind: 'partial', message, times: 2 },
        { kind: 'replace', status: 502, body: `<html>${message}</html>`, contentType: 'text/html' },
        { kind: 'refuse', field: 'deployEnvironmentLatest', message },
      );
      const accepted = await Promise.all(
        fleet.map((each) => uplift.client.trigger(each, 'http', randomUUID(), { reason: MARKER })),
      );
      await uplift.ended(accepted, 120_000);
      await uplift.readModelCaughtUp();
      await uplift.lagoon.planNothing();
      const { items } = await uplift.client.get<{ items: object[] }>('/v1/instances');
      expect(items.length).toBeGreaterThan(0);
      keep('instances', JSON.stringify(items));
      for (const { instanceId } of fleet) {
        await cli({}, '-o', 'json', 'audit', 'replay', instanceId);
        await cli({}, '-o', 'json', 'instance', 'explain', instanceId);
      }
    });

    it('is in no file of store, bus, database and log, in no metric and in no answer', async () => {
      for (const service of uplift.stack.runningServices) {
        for (const page of ['metrics', 'health/ready', 'health/live']) {
          const response = await fetch(`http://127.0.0.1:${service.port('health')}/${page}`);
          keep(`${service.name} /${page}`, await response.text());
        }
      }
      const { apiUrl } = uplift.stack;
      keep('the public /health/ready', await (await fetch(`${apiUrl}/health/ready`)).text());
      await uplift.stopServices(['projector-with-secrets']);
      const { dir } = uplift.stack;
      const found = { canary: new Set<string>(), marker: new Set<string>() };
      for (const file of await filesBelow(dir)) {
        // Whatever else is running makes and removes files meanwhile.
        const content = await readFile(file).catch(() => Buffer.alloc(0));
        const place = relative(dir, file);
        if (content.includes(CANARY)) found.canary.add(place);
        if (content.includes(MARKER)) found.marker.add(place.split('/')[0] ?? '');
      }
      const told = outputs.filter(([, text]) => text.includes(CANARY)).map(([where]) => where);
      expect([...told, ...found.canary]).toEqual([]);
      expect([...found.marker]).toEqual(expect.arrayContaining(['eventstore', 'nats', 'postgres']));
    });
  });
}
