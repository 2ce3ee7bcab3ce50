import { COMMAND_SUBJECTS, FINDINGS_STREAM, refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
import { findingsDecider } from '@uplift/domain';
import { findingIdOf, headOf, loadOrEmpty, StreamHistory } from '@uplift/event-store';
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

function closeAt(key: string, findingId: string, body: object): TwoTransportCommand {
  return {
    key,
    http: { path: `/v1/system/findings/${findingId}/close`, body },
    bus: { subject: COMMAND_SUBJECTS.closeFinding, body: { ...body, findingId } },
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

  describe('a finding', () => {
    let api: RunningCommandApi;

    beforeAll(() => {
      api = running();
    });

    const history = () => loadOrEmpty(api.store, FINDINGS_STREAM);
    const found = async (subject: string) => {
      const findingId = findingIdOf('foreign-events', subject);
      const findings = new StreamHistory(api.store, 'test', 'system', findingsDecider);
      const cause = {
        causationId: findingId,
        step: 'RecordFinding',
        correlationId: findingId,
        actor: { type: 'system', id: 'auditor' },
      } as const;
      const kind = 'foreign-events' as const;
      const detail = 'Events of other programs';
      const data = { findingId, kind, subject, detail, evidence: {}, count: 1 };
      const head = headOf(await history());
      await findings.append(FINDINGS_STREAM, head, [{ type: 'FindingRecorded', data }], cause);
      return findingId;
    };

    it.each([
      ['HTTP', overHttp],
      ['the bus', overBus],
    ] as const)('is closed over %s, once under its key', async (transport, send) => {
      const findingId = await found(`ops of ${transport}`);
      const key = `close-${findingId}`;

      const closed = await send(api, closeAt(key, findingId, { reason }));
      const again = await send(api, closeAt(key, findingId, { reason }));

      const event = (await history()).at(-1);
      expect(event).toMatchObject({
        type: 'FindingClosed',
        data: { findingId, requestedBy: 'anonymous', reason },
      });
      expect(closed.document).toEqual({
        findingId,
        revision: event?.revision,
        position: event?.position.toString(),
        links: { findings: '/v1/system/findings' },
      });
      expect(again.document).toEqual(closed.document);
    });

    it.each([
      ['that was never found', findingIdOf('clock-skew', 'nobody'), { reason }, 'finding-unknown'],
      ['for no reason', findingIdOf('clock-skew', 'nobody'), {}, 'invalid-input'],
    ])('%s is not closed', async (_what, findingId, body, code) => {
      const before = await history();

      expect(await refusedByBoth(api, closeAt('k', findingId, body))).toMatchObject({ code });
      expect(await history()).toEqual(before);
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
