import { COMMAND_SUBJECTS, refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
import { loadOrEmpty } from '@uplift/event-store';
import { eventually } from '../../support/eventually';
import type { TwoTransportCommand } from './both-transports';
import { overBus, overHttp, refusedByBoth } from './both-transports';
import type { RunningCommandApi } from './running-command-api';

const reason = 'Lagoon is being upgraded';

function stopAt(key: string, body: object = { reason }): TwoTransportCommand {
  return {
    key,
    http: { path: '/v1/system/stop-starts', body },
    bus: { subject: COMMAND_SUBJECTS.stopStarts, body },
  };
}

function allowAt(key: string, body: object = { reason }): TwoTransportCommand {
  return {
    key,
    http: { path: '/v1/system/allow-starts', body },
    bus: { subject: COMMAND_SUBJECTS.allowStarts, body },
  };
}

export function systemSuite(running: () => RunningCommandApi): void {
  describe('the switch of all starts', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    const history = () => loadOrEmpty(api.store, SYSTEM_STREAM);

    it.each([
      ['HTTP', overHttp],
      ['the bus', overBus],
    ] as const)('is turned off and on over %s', async (transport, send) => {
      const body = { core: transport === 'HTTP' ? 'eu-1' : 'us-1', reason };
      const { length } = await history();

      const stopped = await send(api, stopAt(`stop ${body.core}`.replace(' ', '-'), body));
      const allowed = await send(api, allowAt(`allow ${body.core}`.replace(' ', '-'), body));

      const events = (await history()).slice(length);
      expect(events).toMatchObject([
        { type: 'StartsStopped', data: { ...body, requestedBy: 'anonymous' } },
        { type: 'StartsAllowed', data: { ...body, requestedBy: 'anonymous' } },
      ]);
      expect([stopped.document, allowed.document]).toEqual(
        events.map(({ revision, position }, n) => ({
          revision,
          position: position.toString(),
          stopped: false,
          stoppedCores: n === 0 ? [body.core] : [],
          links: { system: '/v1/system' },
        })),
      );
    });

    it('answers 202 the first time, 200 and the same under its key for ever', async () => {
      const stop = () => api.post('/v1/system/stop-starts', { key: 'stop', body: { reason } });
      const first = await stop();
      await overBus(api, allowAt('allow'));
      const events = await history();

      const again = await stop();

      expect([first.status, again.status]).toEqual([202, 200]);
      expect(first.headers.get('location')).toBe('/v1/system');
      expect(first.headers.get('etag')).toBe(`"${Number(first.body.revision)}"`);
      expect(again.body).toEqual(first.body);
      expect((await overBus(api, stopAt('stop'))).document).toEqual(first.body);
      expect(await history()).toEqual(events);
    });

    it.each([
      ['no reason', {}],
      ['an empty reason', { reason: '' }],
      ['two lines', { reason: 'a\nb' }],
      ['a core that is no name', { core: '$(x)', reason }],
      ['a core that is null', { core: null, reason }],
      ['a person', { reason, requestedBy: 'somebody' }],
    ])('refuses %s', async (_what, body) => {
      const before = await history();

      expect(await refusedByBoth(api, stopAt('k', body))).toMatchObject({
        status: 400,
        code: 'invalid-input',
      });
      expect(await history()).toEqual(before);
    });

    it('refuses a key that stands for the other command', async () => {
      await overHttp(api, allowAt('shared'));

      expect(await refusedByBoth(api, stopAt('shared'))).toMatchObject({
        status: 422,
        code: 'idempotency-key-reused',
      });
    });
  });

  describe('refusals', () => {
    it('are kept in a stream of their own, one per rule and hour, and move no revision', async () => {
      const api = running();
      const instanceId = await api.register('refused');
      const path = `/v1/instances/${instanceId}/health`;
      const body = { status: 'running-healthy-unclaimed' };
      const before = await api.eventsOf(instanceId);

      for (const key of ['r1', 'r2', 'r3']) {
        expect((await api.post(path, { key, body })).status).toBe(409);
      }

      const stream = refusalStream(instanceId);
      await eventually(async () => expect(await loadOrEmpty(api.store, stream)).toHaveLength(1));
      const [kept] = await loadOrEmpty(api.store, stream);
      expect(kept).toMatchObject({
        type: 'CommandRefused',
        data: { instanceId, command: 'ReportHealth', code: 'claim-axis-crossed' },
      });
      expect(await api.eventsOf(instanceId)).toEqual(before);
    });
  });
}
