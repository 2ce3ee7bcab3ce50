import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { headers as natsHeaders } from 'nats';
import { invalidBodies } from './invalid-bodies';
import type { RunningCommandApi } from './running-command-api';
import { REGISTRATION, registrationOf } from './running-command-api';

type CommandName = keyof typeof COMMAND_SUBJECTS;
type Body = Parameters<typeof invalidBodies>[0];

/** What a command is about: over HTTP a part of its path, over the bus of its body. */
interface About {
  readonly path: string;
  readonly ids: Readonly<Record<string, string>>;
}

interface DrivenCommand {
  readonly about: (known: Known) => About;
  /** Of both doors. */
  readonly body: Body;
}

interface Known {
  readonly instanceId: string;
  readonly upgradeId: string;
}

const NOBODY = {
  instanceId: 'eeeeeeee-0000-4000-8000-00000000000d',
  upgradeId: 'eeeeeeee-0000-4000-8000-00000000000e',
};
const reason = 'the backup was broken';

const atRoot = (path: string) => () => ({ path: `/v1/${path}`, ids: {} });
const ofInstance =
  (verb: string) =>
  ({ instanceId }: Known) => ({ path: `/v1/instances/${instanceId}/${verb}`, ids: { instanceId } });
const ofUpgrade =
  (verb: string) =>
  ({ instanceId, upgradeId }: Known) => ({
    path: `/v1/instances/${instanceId}/upgrades/${upgradeId}/${verb}`,
    ids: { instanceId, upgradeId },
  });

/** Every command at both doors: one that has no row here does not compile. */
const COMMANDS: Readonly<Record<CommandName, DrivenCommand>> = {
  registerInstance: {
    about: atRoot('instances'),
    body: { ...registrationOf('both-doors'), labels: { team: 'shop' }, projectId: 7 },
  },
  reportHealth: { about: ofInstance('health'), body: { status: 'running-healthy-claimed' } },
  triggerUpgrade: {
    about: ofInstance('upgrades'),
    body: { strategy: 'branch-ref', target: { ref: 'v1' }, reason, waveId: 'w' },
  },
  parkInstance: { about: ofInstance('park'), body: { reason } },
  unparkInstance: { about: ofInstance('unpark'), body: { reason } },
  prioritizeUpgrade: { about: ofUpgrade('prioritize'), body: { reason, priority: 'urgent' } },
  redriveStage: { about: ofUpgrade('redrive'), body: { reason } },
  retryUpgrade: { about: ofUpgrade('retry'), body: { reason, from: 'upgrade', redeploy: true } },
  abandonUpgrade: { about: ofUpgrade('abandon'), body: { reason } },
  resolveOutcome: { about: ofUpgrade('resolve'), body: { reason, notLanded: true } },
  rollBackUpgrade: { about: ofUpgrade('rollback'), body: { reason } },
  cancelUpgrade: { about: ofUpgrade('cancel'), body: { reason } },
  updateInstance: {
    about: ofInstance('update'),
    body: { reason, app: 'shop', labels: { team: 'shop' }, projectId: 7 },
  },
  claimInstance: { about: ofInstance('claim'), body: { reason } },
  unclaimInstance: { about: ofInstance('unclaim'), body: { reason } },
  deregisterInstance: { about: ofInstance('deregister'), body: { reason, cancel: true } },
  stopStarts: { about: atRoot('system/stop-starts'), body: { core: 'both-doors', reason } },
  allowStarts: { about: atRoot('system/allow-starts'), body: { core: 'both-doors', reason } },
  acceptStore: { about: atRoot('system/accept-store'), body: { reason } },
  closeFinding: {
    about: () => ({
      path: `/v1/system/findings/${NOBODY.instanceId}/close`,
      ids: { findingId: NOBODY.instanceId },
    }),
    body: { reason },
  },
};
const NAMES = Object.keys(COMMANDS) as readonly CommandName[];

interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  /** As it stands on the wire. */
  readonly text: string;
}

interface Received {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

async function overHttp(api: RunningCommandApi, path: string, sent: Sent): Promise<Received> {
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sent.headers },
    body: sent.text,
  });
  const status = response.status < 400 ? 200 : response.status;
  return { status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

async function overBus(api: RunningCommandApi, subject: string, sent: Sent): Promise<Received> {
  const headers = natsHeaders();
  Object.entries(sent.headers).forEach(([name, value]) => headers.set(name, value));
  const reply = await api.connection.nats.request(subject, sent.text, { timeout: 60_000, headers });
  // An absent header reads as an empty one.
  const valueOf = (name: string) => reply.headers?.get(name) ?? '';
  return {
    status:
      valueOf('Nats-Service-Error-Code') === '' ? 200 : Number(valueOf('Nats-Service-Error-Code')),
    retryAfter: valueOf('Retry-After') === '' ? null : valueOf('Retry-After'),
    text: reply.string(),
  };
}

/** Every command, with the same input at both doors, one after the other. */
export function bothDoorsSuite(running: () => RunningCommandApi): void {
  describe('a command is answered over the bus as over HTTP, to the byte', () => {
    let api: RunningCommandApi;
    let known: Known;

    beforeAll(async () => {
      api = running();
      const instanceId = await api.register('both-doors-upgraded');
      const path = `/v1/instances/${instanceId}/upgrades`;
      const { body } = await api.post(path, { key: 'both-doors', body: {} });
      known = { instanceId, upgradeId: String(body.upgradeId) };
    });

    const key = (value: string) => ({ 'Idempotency-Key': value });

    async function both(
      name: CommandName,
      body: (ids: object) => string,
      headers: Sent['headers'],
      about = known,
    ): Promise<Received> {
      const { path, ids } = COMMANDS[name].about(about);
      const http = await overHttp(api, path, { headers, text: body({}) });
      const bus = await overBus(api, COMMAND_SUBJECTS[name], { headers, text: body(ids) });
      expect({ name, ...bus }).toEqual({ name, ...http });
      return http;
    }

    /** JSON of the body with the ids that are a part of it. */
    const jsonOf = (body: object) => (ids: object) => JSON.stringify({ ...body, ...ids });

    it.each(NAMES)('%s, done or refused', async (name) => {
      const { body } = COMMANDS[name];
      const { status, text } = await both(name, jsonOf(body), key(`both-doors-${name}`));
      expect([200, 404, 409]).toContain(status);
      expect(text).not.toContain('internal-error');
    });

    it.each(NAMES)('%s of what nobody knows', async (name) => {
      const { body } = COMMANDS[name];
      await both(name, jsonOf(body), key(`both-doors-nobody-${name}`), NOBODY);
    });

    it.each(NAMES)('%s with anything in its body replaced, or missing', async (name) => {
      const { body } = COMMANDS[name];
      const replaced = invalidBodies(body).filter(({ what }) => !what.includes('__proto__'));
      const required = { ...(name === 'updateInstance' ? {} : REGISTRATION), reason };
      const without = Object.keys(body).map((member) => ({
        body: Object.fromEntries(Object.entries(body).filter(([each]) => each !== member)),
        isRequired: Object.hasOwn(required, member),
      }));
      for (const { body: invalid } of [...replaced, ...without.filter((each) => each.isRequired)]) {
        const about = name === 'triggerUpgrade' ? NOBODY : known;
        const { status, text } = await both(name, jsonOf(invalid), key('both-doors-bad'), about);
        if (name !== 'triggerUpgrade') expect({ status, text }).toMatchObject({ status: 400 });
      }
    });

    it.each(NAMES)('%s with a body that is none', async (name) => {
      for (const text of ['', 'no json', '{"a":', '7', 'null', '[]', 'x'.repeat(110 * 1_024)]) {
        const { status } = await both(name, () => text, key('both-doors-none'));
        expect(status).toBe(text.length > 100 ? 413 : 400);
      }
    });

    it.each(NAMES)('%s without a key, with a bad one, and with a wrong If-Match', async (name) => {
      const json = jsonOf(COMMANDS[name].body);
      expect((await both(name, json, {})).text).toContain('idempotency-key-missing');
      expect((await both(name, json, key('a b'))).text).toContain('idempotency-key-invalid');
      const broken = { ...key('both-doors-match'), 'If-Match': 'new' };
      expect((await both(name, json, broken)).text).toContain('/headers/If-Match');
      const stale = { ...key('both-doors-match'), 'If-Match': '"999"' };
      expect((await both(name, json, stale)).status).toBeGreaterThanOrEqual(400);
    });
  });
}
