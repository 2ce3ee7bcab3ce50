import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { refusedByBoth } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

const HEALTH = { status: 'running-unhealthy' };

export function commandsSuite(running: () => RunningCommandApi): void {
  describe('commands', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    it('registers an instance: one event, 202, Location, ETag and where to look', async () => {
      const { status, headers, body } = await api.post('/v1/instances', {
        key: 'register-1',
        body: { ...registrationOf('register-1'), projectId: 7, labels: { team: 'shop' } },
      });

      const id = String(body.instanceId);
      const [event, ...more] = await api.eventsOf(id);
      expect(status).toBe(202);
      expect(headers.get('location')).toBe(`/v1/instances/${id}`);
      expect(headers.get('etag')).toBe('"0"');
      expect(body).toEqual({
        instanceId: id,
        revision: 0,
        position: event?.position.toString(),
        status: 'running-healthy-claimed',
        links: {
          instance: `/v1/instances/${id}`,
          timeline: `/v1/instances/${id}/timeline`,
          events: `/v1/instances/${id}/events`,
        },
      });
      expect(more).toEqual([]);
      expect(event).toMatchObject({
        type: 'InstanceRegistered',
        data: {
          status: 'running-healthy-claimed',
          labels: { team: 'shop' },
          profile: {
            project: 'shop',
            projectId: 7,
            environment: 'at-register-1',
            core: 'default',
            app: 'store-app',
            scripts: { preUpgrade: null, postUpgrade: null },
            healthProbe: { path: '/', acceptStatuses: [] },
          },
        },
        metadata: {
          $correlationId: id,
          actor: { type: 'user', id: 'anonymous' },
          service: 'command-api',
          schemaVersion: 1,
        },
      });
    });

    it('triggers an upgrade with the whole work order in one event', async () => {
      const id = await api.register('register-2');

      const { status, headers, body } = await api.post(`/v1/instances/${id}/upgrades`, {
        key: 'upgrade-2',
        headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
        body: { strategy: 'branch-ref', target: { ref: 'v2.1' }, reason: 'security release' },
      });

      expect(status).toBe(202);
      expect(headers.get('location')).toBe(`/v1/upgrades/${String(body.upgradeId)}`);
      expect(body).toMatchObject({ instanceId: id, revision: 1, status: 'pending-pre-upgrade' });
      const [, event] = await api.eventsOf(id);
      expect(event).toMatchObject({
        type: 'UpgradeRequested',
        data: {
          reason: 'security release',
          requestedBy: 'anonymous',
          rolloutId: null,
          workOrder: {
            upgradeId: body.upgradeId,
            attempt: 1,
            strategy: 'branch-ref',
            target: { ref: 'v2.1' },
            originStatus: 'running-healthy-claimed',
          },
        },
        metadata: {
          $correlationId: body.upgradeId,
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      });
    });

    it('gives the same answers over the bus, and the same key is the same command over both transports', async () => {
      const body = {
        ...registrationOf('bus-3'),
        instanceId: 'aaaaaaaa-0000-4000-8000-000000000003',
      };
      const { instanceId } = body;
      const registered = await api.bus.request(COMMAND_SUBJECTS.registerInstance, body, {
        idempotencyKey: 'bus-3',
      });
      const again = await api.post('/v1/instances', { key: 'bus-3', body });
      expect(again).toMatchObject({ status: 200, body: registered });

      const reported = await api.bus.request(
        COMMAND_SUBJECTS.reportHealth,
        { instanceId, ...HEALTH },
        { headers: { 'Nats-Msg-Id': 'health-3' } },
      );
      const sameReport = await api.post(`/v1/instances/${instanceId}/health`, {
        key: 'health-3',
        body: HEALTH,
      });
      expect(sameReport).toMatchObject({ status: 200, body: reported });

      const events = await api.eventsOf(instanceId);
      expect(events.map(({ type }) => type)).toEqual(['InstanceRegistered', 'HealthReported']);
      expect(events[0]?.metadata.actor).toEqual({ type: 'service_account', id: 'anonymous' });
    });

    it('answers under the plain name of the seed, in the envelope of Nest too', async () => {
      const instanceId = await api.register('register-4');
      const body = { instanceId, reason: 'plain' };

      const plain = await api.bus.request('trigger_upgrade', body, { idempotencyKey: 'plain-4' });
      const wrapped = await api.bus.request(
        COMMAND_SUBJECTS.triggerUpgrade,
        { pattern: COMMAND_SUBJECTS.triggerUpgrade, id: '1', data: body },
        { idempotencyKey: 'plain-4' },
      );

      expect(wrapped).toMatchObject({ response: plain, isDisposed: true });
      expect(await api.eventsOf(instanceId)).toHaveLength(2);
    });

    it('turns fifty repeats at once on two processes into one event and fifty equal answers', async () => {
      const second = await api.stack.startService('command-api', 'command-api-2');
      const urls = [api.url, `http://127.0.0.1:${second.port('http')}`];
      const instanceId = await api.register('register-5');

      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          api.post(
            `/v1/instances/${instanceId}/upgrades`,
            { key: 'upgrade-5', body: { reason: 'once' } },
            urls[n % 2],
          ),
        ),
      );

      expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
      expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
      expect(await api.eventsOf(instanceId)).toHaveLength(2);
      await second.stop();
    });

    it('gives the old answer after a crash and after the instance went on', async () => {
      const id = await api.register('register-6');
      const trigger = { key: 'upgrade-6', body: { reason: 'again' } };
      const first = await api.post(`/v1/instances/${id}/upgrades`, trigger);
      await api.stack.service('command-api').kill();
      await api.stack.service('command-api').restart();

      const body = registrationOf('register-6');
      const registered = await api.post('/v1/instances', { key: 'register-6', body });
      const again = await api.post(`/v1/instances/${id}/upgrades`, trigger);

      expect(again).toMatchObject({ status: 200, body: first.body });
      expect(registered).toMatchObject({ status: 200, body: { revision: 0, instanceId: id } });
    });

    it('says so when the effect holds already, and notes the key', async () => {
      const id = await api.register('register-7');

      const { status, body } = await api.post(`/v1/instances/${id}/health`, {
        key: 'health-7',
        body: { status: 'running-healthy-claimed' },
      });

      expect({ status, revision: body.revision }).toEqual({ status: 200, revision: 1 });
      expect((await api.eventsOf(id)).map(({ type }) => type)).toEqual([
        'InstanceRegistered',
        'CommandNoted',
      ]);
    });

    it('answers a key the same for ever, although its effect held already', async () => {
      const id = await api.register('register-8');
      const report = (key: string, health: string) =>
        api.post(`/v1/instances/${id}/health`, { key, body: { status: `running-${health}` } });
      await report('K0', 'unhealthy');
      const first = await report('K1', 'unhealthy');
      await report('K2', 'healthy-claimed');
      const events = await api.eventsOf(id);

      const overBus = await api.bus.request(
        COMMAND_SUBJECTS.reportHealth,
        { instanceId: id, ...HEALTH },
        { idempotencyKey: 'K1' },
      );

      expect(await report('K1', 'unhealthy')).toMatchObject({ status: 200, body: first.body });
      expect(overBus).toEqual(first.body);
      expect(await api.eventsOf(id)).toEqual(events);
    });

    it('notes so many commands in a row that change nothing, and refuses the next', async () => {
      const id = await api.register('register-9');
      const body = { status: 'running-healthy-claimed' };
      for (let n = 0; n < 100; n += 1) {
        await api.post(`/v1/instances/${id}/health`, { key: `same-${n}`, body });
      }

      const command = {
        key: 'same-again',
        http: { path: `/v1/instances/${id}/health`, body },
        bus: { subject: COMMAND_SUBJECTS.reportHealth, body: { ...body, instanceId: id } },
      };

      expect(await refusedByBoth(api, command)).toMatchObject({
        status: 429,
        code: 'repeated-too-often',
      });
      const types = (await api.eventsOf(id)).map(({ type }) => type);
      expect(types.filter((type) => type === 'CommandNoted')).toHaveLength(100);
      expect(new Set(types)).toEqual(
        new Set(['InstanceRegistered', 'CommandNoted', 'InstanceSnapshotTaken']),
      );
    });
  });
}
