import type { RunningCommandApi } from './running-command-api';

/** What the API that runs this suite takes from apps. */
export const CALLBACK_TOKEN = 'a-token-of-all-apps';

export function healthCallbackSuite(running: () => RunningCommandApi): void {
  describe('the health callback of Polydock', () => {
    let api: RunningCommandApi;
    let id: string;

    beforeAll(() => {
      api = running();
    });

    beforeEach(async () => {
      id = await api.register(
        expect.getState().currentTestName?.replaceAll(' ', '-') ?? 'callback',
      );
    });

    const call = (status: string, method = 'GET', instance = id) =>
      api.request(method, `/api/instance/${instance}/health/${status}?token=${CALLBACK_TOKEN}`, {
        ...(method === 'POST'
          ? { body: 'from=app', headers: { 'content-type': 'text/plain' } }
          : {}),
      });

    const typesOf = async () => (await api.eventsOf(id)).map(({ type }) => type);

    it.each(['GET', 'POST'])('takes a report by %s', async (method) => {
      const { status, body } = await call('running-unhealthy', method);

      expect({ status, now: body.status }).toEqual({ status: 200, now: 'running-unhealthy' });
      expect(await typesOf()).toEqual(['InstanceRegistered', 'HealthReported']);
    });

    it('leaves nothing of a report that changes nothing, unless it has a key', async () => {
      for (let n = 0; n < 3; n += 1) await call('running-healthy-claimed');
      expect(await typesOf()).toEqual(['InstanceRegistered']);

      const path = `/api/instance/${id}/health/running-healthy-claimed?token=${CALLBACK_TOKEN}`;
      const first = await api.request('GET', path, { key: 'k1' });
      await call('running-unhealthy');
      const again = await api.request('GET', path, { key: 'k1' });

      expect(again.body).toEqual(first.body);
      expect(await typesOf()).toEqual(['InstanceRegistered', 'CommandNoted', 'HealthReported']);
    });

    it.each(['', '?token=', '?token=wrong', `?token=${CALLBACK_TOKEN}x`])(
      'refuses the token "%s"',
      async (query) => {
        const path = `/api/instance/${id}/health/running-unhealthy${query}`;

        expect(await api.get(path)).toMatchObject({
          status: 401,
          body: { code: 'health-token-refused' },
        });
        expect(await typesOf()).toHaveLength(1);
      },
    );

    it.each(['99999999-9999-4999-8999-999999999999', 'shop'])(
      'does not know %s',
      async (instance) => {
        expect((await call('running-unhealthy', 'GET', instance)).status).toBe(404);
        expect((await call('nonsense', 'GET', instance)).status).toBe(404);
      },
    );

    it.each(['nonsense', 'upgrade-running'])(
      'takes no %s, and names what it takes',
      async (status) => {
        const answer = await call(status);

        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
        expect(answer.body.detail).toContain('running-unresponsive');
      },
    );

    it('refuses with 400 while an upgrade runs, with the statuses that would allow it', async () => {
      await api.post(`/v1/instances/${id}/upgrades`, { key: 'u', body: {} });

      expect(await call('running-unhealthy')).toMatchObject({
        status: 400,
        body: { currentStatus: 'pending-pre-upgrade', allowedFrom: expect.any(Array) as unknown },
      });
      expect(await call('deploy-running')).toMatchObject({ status: 400 });
    });

    it('never crosses the claim axis', async () => {
      expect(await call('running-healthy-unclaimed')).toMatchObject({
        status: 409,
        body: { code: 'claim-axis-crossed' },
      });
      expect(await typesOf()).toHaveLength(1);
    });
  });
}
