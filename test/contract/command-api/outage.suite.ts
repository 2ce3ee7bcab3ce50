import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { eventually } from '../../support/eventually';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

export function outageSuite(running: () => RunningCommandApi): void {
  describe('without the event store', () => {
    it('says 503 and unknown, never a refusal; the repeat finds out', async () => {
      const api = running();
      const id = await api.register('before');
      const store = api.stack.part('eventstore');
      await store.kill('SIGKILL');
      const trigger = { key: 'later', body: {} };

      const answer = await api.post(`/v1/instances/${id}/upgrades`, trigger);
      await store.restart();
      const repeats = [answer];
      // Whoever comes back sooner than told may be told once more to wait.
      await eventually(async () => {
        repeats.push(await api.post(`/v1/instances/${id}/upgrades`, trigger));
        expect(repeats.at(-1)?.status).not.toBe(503);
      });

      for (const refused of repeats.slice(0, -1)) {
        const expected = { status: 503, body: { code: 'event-store-unavailable' } };
        expect(refused).toMatchObject(expected);
        expect(refused.headers.get('retry-after')).toBe('1');
      }
      expect(repeats.at(-1)?.status).toBe(202);
      expect(await api.eventsOf(id)).toHaveLength(2);
    });
  });
  describe('without the bus', () => {
    it('starts, is ready and takes commands over HTTP, and over the bus once it is there', async () => {
      const api = running();
      const { stack } = api;
      const nats = stack.part('nats');
      const service = stack.service('command-api');
      await nats.stop();
      await service.restart();

      const { status } = await api.post('/v1/instances', {
        key: 'no-bus',
        body: registrationOf('no-bus'),
      });
      const ready = await fetch(`${api.url}/health/ready`);
      const health = await ready.json();
      await nats.restart();

      expect(status).toBe(202);
      expect(ready.status).toBe(200);
      expect(health).toMatchObject({ degraded: { bus: 'not connected' } });
      const ask = () =>
        running().bus.request(COMMAND_SUBJECTS.registerInstance, registrationOf('bus-is-back'), {
          idempotencyKey: 'bus-is-back',
        });
      await eventually(async () => expect(await ask()).toMatchObject({ revision: 0 }));
    });
  });
}
