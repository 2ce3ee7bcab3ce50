import { COMMAND_SUBJECTS } from '@uplift/contracts';
import { headers as natsHeaders } from 'nats';
import { eventually } from '../../support/eventually';
import type { Call, RunningCommandApi } from './running-command-api';
import { REGISTRATION, registrationOf } from './running-command-api';

const UNHEARD = /^uplift_commands_refused_unheard_total\{code="invalid-input"\} (\d+)$/m;
const RESTING = '88888888-8888-4888-8888-888888888888';
const UNKNOWN = '99999999-9999-4999-8999-999999999999';

export function refusalsSuite(running: () => RunningCommandApi): void {
  describe('what is refused', () => {
    let api: RunningCommandApi;
    let instanceId: string;
    let before: bigint | null;

    beforeAll(async () => {
      api = running();
      instanceId = await api.register('refusals');
      await api.post(`/v1/instances/${instanceId}/upgrades`, { key: 'first', body: {} });
      await api.post('/v1/instances', {
        key: 'resting',
        body: { ...registrationOf('at-rest-and-refused'), instanceId: RESTING },
      });
      before = await api.lastPosition();
    });

    afterEach(async () => expect(await api.writtenSince(before)).toEqual([]));

    const json = { 'content-type': 'application/json' };
    const at = (path: string) => path.replace('{id}', instanceId);

    it.each<[string, string, Call, number, string]>([
      [
        'a wrong type',
        '/v1/instances',
        { key: 'k', body: { ...REGISTRATION, app: 1 } },
        400,
        'invalid-input',
      ],
      [
        'an unknown field',
        '/v1/instances',
        { key: 'k', body: { ...REGISTRATION, x: 1 } },
        400,
        'invalid-input',
      ],
      ['a missing key', '/v1/instances', { body: REGISTRATION }, 400, 'idempotency-key-missing'],
      [
        'an unusable key',
        '/v1/instances',
        { key: 'a b', body: REGISTRATION },
        400,
        'idempotency-key-invalid',
      ],
      [
        'a status of the upgrade path',
        '/v1/instances',
        { key: 'k', body: { ...REGISTRATION, status: 'upgrade-running' } },
        422,
        'status-not-importable',
      ],
      [
        'malformed JSON',
        '/v1/instances',
        { key: 'k', headers: json, body: '{"project":' },
        400,
        'malformed-json',
      ],
      [
        'an empty body',
        '/v1/instances',
        { key: 'k', headers: json, body: '' },
        400,
        'malformed-json',
      ],
      [
        'a form',
        '/v1/instances',
        {
          key: 'k',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: 'project=shop',
        },
        415,
        'unsupported-media-type',
      ],
      [
        'lines where one document belongs',
        '/v1/instances',
        { key: 'k', headers: { 'content-type': 'application/x-ndjson' }, body: '{}' },
        415,
        'unsupported-media-type',
      ],
      [
        'an oversized body',
        '/v1/instances',
        { key: 'k', headers: json, body: 'x'.repeat(101 * 1024) },
        413,
        'body-too-large',
      ],
      [
        'deep nesting',
        '/v1/instances',
        { key: 'k', headers: json, body: `${'{"a":'.repeat(30)}1${'}'.repeat(30)}` },
        400,
        'input-too-deep',
      ],
      [
        'a prototype in disguise',
        '/v1/instances',
        { key: 'k', headers: json, body: '{"__proto__":{"a":1}}' },
        400,
        'invalid-input',
      ],
      [
        'other content under a key',
        '/v1/instances/{id}/upgrades',
        { key: 'first', body: { reason: 'x' } },
        422,
        'idempotency-key-reused',
      ],
      [
        'a second upgrade',
        '/v1/instances/{id}/upgrades',
        { key: 'second', body: {} },
        409,
        'upgrade-in-flight',
      ],
      [
        'a stale If-Match',
        '/v1/instances/{id}/upgrades',
        { key: 'k', headers: { 'if-match': '"0"' }, body: {} },
        412,
        'precondition-failed',
      ],
      [
        'a broken If-Match',
        '/v1/instances/{id}/upgrades',
        { key: 'k', headers: { 'if-match': 'new' }, body: {} },
        400,
        'invalid-input',
      ],
      [
        'an unknown instance',
        `/v1/instances/${UNKNOWN}/upgrades`,
        { key: 'k', body: {} },
        404,
        'instance-unknown',
      ],
      [
        'an id that is none',
        '/v1/instances/shop/upgrades',
        { key: 'k', body: {} },
        400,
        'invalid-input',
      ],
      [
        'a health report during an upgrade',
        '/v1/instances/{id}/health',
        { key: 'k', body: { status: 'running-unhealthy' } },
        409,
        'upgrade-in-flight',
      ],
      [
        'a claim turned round',
        `/v1/instances/${RESTING}/health`,
        { key: 'k', body: { status: 'running-healthy-unclaimed' } },
        409,
        'claim-axis-crossed',
      ],
      ['an unknown route', '/v1/nowhere', { key: 'k', body: {} }, 404, 'route-unknown'],
    ])('refuses %s', async (...row) => {
      const [, path, call, status, code] = row;
      const answer = await api.post(at(path), call);

      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer).toMatchObject({
        status,
        body: { status, code, type: `/problems#${code}`, retryable: false },
      });
    });

    it('names rule, present status and what would be allowed', async () => {
      const { body } = await api.post(`/v1/instances/${instanceId}/upgrades`, {
        key: 'k',
        body: {},
      });

      expect(body).toMatchObject({
        instanceId,
        currentStatus: 'pending-pre-upgrade',
        allowedFrom: ['running-healthy-claimed', 'running-healthy-unclaimed'],
      });
    });

    it('tells the methods of a path', async () => {
      const { status, headers, body } = await api.request('DELETE', '/v1/instances', {});

      expect({ status, code: body.code }).toEqual({ status: 405, code: 'method-not-allowed' });
      expect(headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'POST']);
    });

    it('survives a URL that cannot be decoded', async () => {
      expect(await api.get('/v1/%FF')).toMatchObject({
        status: 404,
        body: { code: 'route-unknown' },
      });
    });

    it.each([
      ['garbage', 'not json', 'malformed-json', 400],
      ['nothing', '', 'malformed-json', 400],
      ['a number', '7', 'invalid-input', 400],
      ['an unknown field', JSON.stringify({ instanceId: UNKNOWN, x: 1 }), 'invalid-input', 400],
      ['an unknown instance', JSON.stringify({ instanceId: UNKNOWN }), 'instance-unknown', 404],
      ['deep nesting', `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`, 'input-too-deep', 400],
      ['101 KiB', JSON.stringify({ reason: 'x'.repeat(101 * 1024) }), 'body-too-large', 413],
    ])('answers %s on the bus with a problem', async (_what, payload, code, status) => {
      const headers = natsHeaders();
      headers.set('Idempotency-Key', 'bus');
      const reply = await api.connection.nats.request(COMMAND_SUBJECTS.triggerUpgrade, payload, {
        timeout: 5_000,
        headers,
      });

      expect(reply.headers?.get('Nats-Service-Error-Code')).toBe(String(status));
      expect(reply.json()).toMatchObject({ code, status });
    });

    it('refuses on the bus what it refuses over HTTP, with the same document', async () => {
      const request = { instanceId, reason: 'x' };
      const { body } = await api.post(`/v1/instances/${instanceId}/upgrades`, {
        key: 'k',
        body: { reason: 'x' },
      });

      const asked = api.bus.request(COMMAND_SUBJECTS.triggerUpgrade, request, {
        idempotencyKey: 'k',
      });
      await expect(asked).rejects.toMatchObject({ problem: body });
    });

    it('counts and keeps what it refuses where nobody waits for the answer', async () => {
      const unheard = async () => {
        const page = await (await fetch(`${api.url}/metrics`)).text();
        return Number(UNHEARD.exec(page)?.[1] ?? 0);
      };
      const counted = await unheard();
      const { nats } = api.connection;
      nats.publish(COMMAND_SUBJECTS.triggerUpgrade, '{"reason":7}');
      nats.publish(COMMAND_SUBJECTS.triggerUpgrade, '{"reason":7}');

      await eventually(async () => expect(await unheard()).toBe(counted + 2));
      const kept = await eventually(async () => {
        const events = await api.denials();
        expect(events).not.toEqual([]);
        return events;
      });
      expect(kept).toEqual([
        expect.objectContaining({
          command: COMMAND_SUBJECTS.triggerUpgrade,
          transport: 'nats',
          code: 'invalid-input',
          deniedTo: null,
        }),
      ]);
    });

    it('refuses on the bus without a key', async () => {
      const asked = api.bus.request(COMMAND_SUBJECTS.triggerUpgrade, { instanceId });

      await expect(asked).rejects.toMatchObject({
        problem: { status: 400, code: 'idempotency-key-missing' },
      });
    });
  });
}
