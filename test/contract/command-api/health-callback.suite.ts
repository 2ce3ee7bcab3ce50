import { actorIdOf } from '@uplift/access';
import type { RunningCommandApi } from './running-command-api';

/** With what Polydock's own apps do: a GET, and the token in the URL. */
export const CALLBACKS_AS_POLYDOCK = {
  UPLIFT_HEALTH_CALLBACK_KEY: 'a-key-of-a-test-with-forty-characters-..',
  UPLIFT_HEALTH_CALLBACK_URL_TOKEN: 'true',
  UPLIFT_HEALTH_CALLBACK_GET: 'true',
};

const UNKNOWN = '99999999-9999-4999-8999-999999999999';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const nameOfTest = () => expect.getState().currentTestName?.replaceAll(' ', '-') ?? 'callback';

export function healthCallbackSuite(running: () => RunningCommandApi): void {
  describe('the health callback', () => {
    let api: RunningCommandApi;
    let id: string;
    let token: string;

    beforeAll(() => {
      api = running();
    });

    const tokenOf = async (instance: string) =>
      String((await api.get(`/v1/instances/${instance}/callback-token`)).body.token);

    beforeEach(async () => {
      id = await api.register(nameOfTest());
      token = await tokenOf(id);
    });

    const post = (status: string, headers: Record<string, string> = {}, instance = id) =>
      api.post(`/api/instance/${instance}/health/${status}`, {
        headers: { authorization: `Bearer ${token}`, ...headers },
      });

    const typesOf = async () => (await api.eventsOf(id)).map(({ type }) => type);

    it('takes a report with the token of the instance, and names the instance in the event', async () => {
      const { status, body } = await post('running-unhealthy');

      expect({ status, now: body.status }).toEqual({ status: 200, now: 'running-unhealthy' });
      const events = await api.eventsOf(id);
      expect(events.map(({ type }) => type)).toEqual(['InstanceRegistered', 'HealthReported']);
      expect(events[1]?.metadata.actor).toEqual({
        type: 'service_account',
        id: actorIdOf('urn:uplift:health-callback', id),
      });
    });

    it('takes the token in a header of its own, and a form as body', async () => {
      const call = { body: 'from=app', headers: { ...FORM, 'uplift-callback-token': token } };
      const path = `/api/instance/${id.toUpperCase()}/health/running-unhealthy`;

      expect((await api.post(path, call)).status).toBe(200);
    });

    it.each(['GET', 'POST'])(
      'takes a %s with the token in the URL where that is set',
      async (method) => {
        const path = `/api/instance/${id}/health/running-unhealthy?token=${token}`;

        expect((await api.request(method, path, {})).status).toBe(200);
        expect(await typesOf()).toEqual(['InstanceRegistered', 'HealthReported']);
      },
    );

    it('brings it back to health, and leaves nothing of what is known', async () => {
      for (const status of ['unhealthy', 'unhealthy', 'healthy-claimed', 'healthy-claimed']) {
        expect((await post(`running-${status}`)).status).toBe(200);
      }
      expect(await typesOf()).toEqual(['InstanceRegistered', 'HealthReported', 'HealthReported']);
    });

    it('uses up no Idempotency-Key', async () => {
      await post('running-unhealthy', { 'idempotency-key': 'k1' });
      await post('running-unhealthy', { 'idempotency-key': 'two words' });
      const body = { status: 'running-healthy-claimed' };

      const command = await api.post(`/v1/instances/${id}/health`, { key: 'k1', body });

      expect(command).toMatchObject({ status: 202, body: { status: 'running-healthy-claimed' } });
    });

    it('answers 429 to an instance that reports too often, and to no other', async () => {
      let last = await post('running-unhealthy');
      for (let n = 0; n < 40 && last.status === 200; n += 1) last = await post('running-unhealthy');

      expect(last).toMatchObject({ status: 429, body: { code: 'too-many-callbacks' } });
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(await typesOf()).toHaveLength(2);
      id = await api.register(`${nameOfTest()}-other`);
      token = await tokenOf(id);
      expect((await post('running-unhealthy')).status).toBe(200);
    });

    it.each(['none', 'wrong', 'of another instance', 'with more'])(
      'changes nothing without the token of the instance: %s',
      async (what) => {
        const other = await tokenOf(await api.register(`${nameOfTest()}-other`));
        const before = await api.lastPosition();
        const shown = {
          none: '',
          wrong: 'x',
          'of another instance': other,
          'with more': `${token}x`,
        };
        const given = shown[what as keyof typeof shown];
        const headers = given === '' ? {} : { authorization: `Bearer ${given}` };
        for (const [method, query] of [
          ['POST', ''],
          ['GET', ''],
          ['GET', `?token=${given}`],
        ] as const) {
          const path = `/api/instance/${id}/health/running-unhealthy${query}`;
          const { status, headers: answered, body } = await api.request(method, path, { headers });

          expect({ status, code: body.code }).toEqual({
            status: 401,
            code: 'health-token-refused',
          });
          expect(answered.get('www-authenticate')).toBe('Bearer realm="uplift-callback"');
        }
        expect(await api.writtenSince(before)).toEqual([]);
      },
    );

    it('does not know an instance that nobody registered, nor gives out its token', async () => {
      expect(await api.get(`/v1/instances/${UNKNOWN}/callback-token`)).toMatchObject({
        ...{ status: 404, body: { code: 'instance-unknown' } },
      });
      expect((await post('running-unhealthy', {}, 'shop')).status).toBe(401);
    });

    it.each(['nonsense', 'upgrade-running'])(
      'takes no %s, and names what it takes',
      async (status) => {
        const answer = await post(status);

        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
        expect(answer.body.detail).toContain('running-unresponsive');
      },
    );

    it('refuses with 400 while an upgrade runs, with the statuses that would allow it', async () => {
      await api.post(`/v1/instances/${id}/upgrades`, { key: 'u', body: {} });

      expect(await post('running-unhealthy')).toMatchObject({
        status: 400,
        body: { currentStatus: 'pending-pre-upgrade', allowedFrom: expect.any(Array) as unknown },
      });
      expect(await post('deploy-running')).toMatchObject({ status: 400 });
    });

    it('never crosses the claim axis', async () => {
      expect(await post('running-healthy-unclaimed')).toMatchObject({
        status: 409,
        body: { code: 'claim-axis-crossed' },
      });
      expect(await typesOf()).toHaveLength(1);
    });
  });
}

/** Of an API that knows no key: nobody could have a token. */
export function noCallbacksSuite(running: () => RunningCommandApi): void {
  describe('the health callback where no key is set', () => {
    it('takes no report, and gives out no token', async () => {
      const api = running();
      const id = await api.register(nameOfTest());
      const before = await api.lastPosition();
      const path = `/api/instance/${id}/health/running-unhealthy`;
      const headers = { authorization: 'Bearer x' };

      for (const answer of [
        await api.post(path, { headers, key: 'k' }),
        await api.get(`${path}?token=x`, headers),
        await api.get(`/v1/instances/${id}/callback-token`),
      ]) {
        expect(answer).toMatchObject({ status: 403, body: { code: 'health-callbacks-off' } });
      }
      expect(await api.writtenSince(before)).toEqual([]);
    });
  });
}
