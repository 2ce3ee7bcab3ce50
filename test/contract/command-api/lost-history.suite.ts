import { randomUUID } from 'node:crypto';
import { COMMAND_SUBJECTS, instanceStream } from '@uplift/contracts';
import { EsdbOtherProgram } from '@uplift/event-store/testing';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

/** Needs a store that lets streams be deleted. */
export function lostHistorySuite(running: () => RunningCommandApi): void {
  describe('an instance whose history is lost', () => {
    let api: RunningCommandApi;
    let other: EsdbOtherProgram;
    const upgrade = (instanceId: string, key: string = randomUUID()) =>
      api.post(`/v1/instances/${instanceId}/upgrades`, { key, body: {} });

    beforeAll(() => {
      api = running();
      other = new EsdbOtherProgram(api.stack.url('eventstore'));
    });
    afterAll(() => other.close());

    it.each(['deleted', 'tombstoned', 'truncated'] as const)(
      'is answered for good that its stream was %s',
      async (loss) => {
        const instanceId = await api.register(`lost-${loss}`);
        await upgrade(instanceId);
        await other.remove(instanceStream(instanceId), loss);
        const gone = { code: 'stream-gone', retryable: false, instanceId };

        const answer = await upgrade(instanceId);
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([410, null]);
        expect(answer.body).toMatchObject(gone);
        expect(answer.body.detail).toContain(loss);

        const registration = { ...registrationOf(`again-${loss}`), instanceId };
        const again = await api.post('/v1/instances', { key: randomUUID(), body: registration });
        expect(again.body).toMatchObject(gone);

        const options = { idempotencyKey: randomUUID() };
        const asked = api.bus.request(COMMAND_SUBJECTS.triggerUpgrade, { instanceId }, options);
        await expect(asked).rejects.toMatchObject({ problem: { status: 410, ...gone } });
      },
    );

    it.each([
      ['another program wrote into it', { type: 'Probe', data: { a: 1 } }, 'damaged-metadata'],
      ['it goes on as bytes', { type: 'Blob', data: new Uint8Array([7]) }, 'damaged-metadata'],
    ])('is left as it is when %s', async (_what, event, reason) => {
      const instanceId = await api.register(`ill-${event.type}`);
      await other.write(instanceStream(instanceId), event);
      const { status, body } = await upgrade(instanceId);
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: 'unreadable-history', retryable: false, instanceId });
      expect(body.detail).toContain(reason);
      expect(await api.eventsOf(instanceId)).toHaveLength(2);
    });

    it('holds up nobody else, and the service stays ready', async () => {
      await other.write('ops-test', { type: 'Probe', data: { a: 1 } });
      await other.write('instance-nobody', { type: 'Probe', data: { a: 1 } });
      const { status } = await upgrade(await api.register('beside-the-lost'));
      expect(status).toBe(202);
      expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
    });
  });
}
