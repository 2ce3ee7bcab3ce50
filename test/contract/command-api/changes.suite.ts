import { COMMAND_SUBJECTS } from '@uplift/contracts';
import type { TwoTransportCommand } from './both-transports';
import { overBus, overHttp, refusedByBoth, registerAt, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

const reason = 'it was sold';

const SUBJECTS = {
  update: COMMAND_SUBJECTS.updateInstance,
  claim: COMMAND_SUBJECTS.claimInstance,
  unclaim: COMMAND_SUBJECTS.unclaimInstance,
  deregister: COMMAND_SUBJECTS.deregisterInstance,
} as const;

function at(
  verb: keyof typeof SUBJECTS,
  key: string,
  instanceId: string,
  body: object = {},
): TwoTransportCommand {
  return {
    key,
    http: { path: `/v1/instances/${instanceId}/${verb}`, body: { reason, ...body } },
    bus: { subject: SUBJECTS[verb], body: { instanceId, reason, ...body } },
  };
}

/** What is changed of an instance that is registered. */
export function changesSuite(running: () => RunningCommandApi): void {
  describe.each([
    ['HTTP', overHttp],
    ['the bus', overBus],
  ])('a registered instance, over %s', (name, send) => {
    let api: RunningCommandApi;
    let instanceId: string;

    beforeAll(() => {
      api = running();
    });

    beforeEach(async () => {
      instanceId = await api.register(`changed-${(n += 1)}`);
    });

    const typesOf = async () => (await api.eventsOf(instanceId)).map(({ type }) => type);

    it('is updated, and the answer is the same under the same key at either door', async () => {
      const update = at('update', 'u', instanceId, {
        labels: { tenant: 'hamburg' },
        healthProbe: { path: '/ready' },
        upgrade: { strategy: 'branch-ref', target: { ref: 'v2' } },
      });

      const { document } = await send(api, update);

      expect(document).toMatchObject({ instanceId, revision: 1 });
      expect((await overHttp(api, update)).document).toEqual(document);
      expect((await overBus(api, update)).document).toEqual(document);
      const [, updated] = await api.eventsOf(instanceId);
      expect(updated).toMatchObject({
        type: 'InstanceUpdated',
        data: {
          labels: { tenant: 'hamburg' },
          profile: {
            healthProbe: { path: '/ready', acceptStatuses: [] },
            upgrade: { strategy: 'branch-ref', target: { ref: 'v2' } },
          },
        },
      });
    });

    it('is claimed and unclaimed, in flight, too, and once', async () => {
      await send(api, at('unclaim', 'first', instanceId));
      const same = await send(api, at('unclaim', 'same', instanceId));
      expect(same.document).toMatchObject({ status: 'running-healthy-unclaimed' });
      await send(api, triggerAt('t', instanceId, { reason }));

      const claimed = await send(api, at('claim', 'c', instanceId));

      expect(claimed.document).toMatchObject({ status: 'pending-pre-upgrade' });
      expect((await typesOf()).slice(1)).toEqual([
        'InstanceUnclaimed',
        'CommandNoted',
        'UpgradeRequested',
        'InstanceClaimed',
      ]);
    });

    it('is deregistered with its upgrade, if that is asked for', async () => {
      await send(api, triggerAt('t', instanceId, { reason }));

      const left = await send(api, at('deregister', 'l', instanceId, { cancel: true }));

      expect(left.document).toMatchObject({ status: 'removed' });
      expect((await typesOf()).at(-1)).toBe('InstanceDeregistered');
    });

    it('is the answer to a registration with upsert', async () => {
      const body = { ...registrationOf(`upserted over ${name}`), upsert: true };
      const made = await send(api, registerAt(`made-${n}`, body));
      const found = await send(api, registerAt(`found-${n}`, body));
      expect(made.document).not.toHaveProperty('existed');
      expect(found.document).toMatchObject({
        instanceId: made.document.instanceId,
        existed: true,
      });
    });
  });

  describe('a change of an instance', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    it('is refused with 412 where its caller has seen another revision', async () => {
      const instanceId = await api.register('seen-before');
      const { http, bus } = at('update', 'u', instanceId, { app: 'blog' });

      const headers = { 'idempotency-key': 'stale', 'if-match': '"7"' };
      const response = await fetch(`${api.url}${http.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(http.body),
      });
      expect(response.status).toBe(412);
      const body = { ...bus.body, expectedRevision: 7 };
      const stale = { key: 'stale', http, bus: { ...bus, body } };
      expect(await overBus(api, stale)).toMatchObject({
        accepted: false,
        document: { status: 412, code: 'precondition-failed' },
      });
    });

    it.each([
      ['update', { environment: 'elsewhere' }, 'upgrade-in-flight'],
      ['deregister', {}, 'upgrade-in-flight'],
      ['update', {}, 'invalid-input'],
      ['update', { labels: 'a' }, 'invalid-input'],
      ['update', { scripts: null }, 'invalid-input'],
      ['update', { status: 'running-unhealthy' }, 'invalid-input'],
      ['deregister', { cancel: false }, 'invalid-input'],
      ['claim', { owner: 'a' }, 'invalid-input'],
    ] as const)('is refused by both doors in flight: %s %j', async (verb, body, code) => {
      const instanceId = await api.register(`refused-${(n += 1)}`);
      await overHttp(api, triggerAt('t', instanceId, { reason }));

      expect(await refusedByBoth(api, at(verb, 'x', instanceId, body))).toMatchObject({ code });
    });
  });
}

/** Every test has an instance of its own. */
let n = 0;
