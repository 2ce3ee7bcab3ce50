import { QUERY_SUBJECTS } from '@uplift/contracts';
import { headers as natsHeaders } from 'nats';
import type { RunningCommandApi } from './running-command-api';

const ID = 'cccccccc-0000-4000-8000-000000000001';
const AS_OF = { position: '12', at: '2026-01-01T00:00:00.000Z', ageMs: 5 };
const INSTANCE = {
  instanceId: ID,
  project: 'shop',
  projectId: null,
  environment: 'main',
  core: 'default',
  app: 'store-app',
  labels: {},
  status: 'running-healthy-claimed',
  statusLabel: 'Running healthy (claimed)',
  claimed: true,
  currentUpgradeId: null,
  lastUpgradeId: null,
  failureReason: null,
  reasonClass: null,
  revision: 13,
  unreadable: null,
  registeredAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  waitingFor: null,
  allowedCommands: [],
};
const STOP = {
  core: null,
  since: '2026-01-01T00:00:00.000Z',
  requestedBy: 'operator-7',
  reason: 'Lagoon is being upgraded',
};
const READ = { stops: [STOP], asOf: AS_OF };
const PAGE = { items: [INSTANCE], nextCursor: null, ...READ };

/** Answers queries on the bus with what a test says, and remembers what was asked. */
class ScriptedReadModel {
  readonly asked: unknown[] = [];

  constructor(private readonly api: RunningCommandApi) {}

  async answers(subject: string, content: object, status = 200): Promise<void> {
    const { nats } = this.api.connection;
    const headers = natsHeaders();
    if (status >= 400) headers.set('Nats-Service-Error-Code', String(status));
    nats.subscribe(subject, {
      max: 1,
      callback: (_error, message) => {
        this.asked.push(message.json());
        message.respond(JSON.stringify(content), { headers });
      },
    });
    await nats.flush();
  }
}

export function queriesSuite(running: () => RunningCommandApi): void {
  describe('queries', () => {
    let api: RunningCommandApi;
    let readModel: ScriptedReadModel;

    beforeAll(() => {
      api = running();
    });

    beforeEach(() => {
      readModel = new ScriptedReadModel(api);
    });

    it('answers an instance with its revision as ETag', async () => {
      await readModel.answers(QUERY_SUBJECTS.instanceGet, { instance: INSTANCE, ...READ });

      const { status, headers, body } = await api.get(`/v1/instances/${ID}`);

      expect({ status, body }).toEqual({ status: 200, body: { instance: INSTANCE, ...READ } });
      expect(headers.get('etag')).toBe('"13"');
      expect(readModel.asked).toEqual([{ instanceId: ID }]);
    });

    it.each([
      ['parameter', '?min-position=12', {}],
      ['header', '', { 'min-position': '12' }],
    ])('passes min-position on, given as %s', async (_how, query, headers) => {
      await readModel.answers(QUERY_SUBJECTS.instanceGet, { instance: INSTANCE, ...READ });

      await api.get(`/v1/instances/${ID}${query}`, headers);

      expect(readModel.asked).toEqual([{ instanceId: ID, minPosition: '12' }]);
    });

    it('lists with filters, cursor and a limit that is a number', async () => {
      await readModel.answers(QUERY_SUBJECTS.instanceList, PAGE);

      const { body } = await api.get(
        '/v1/instances?status=upgrade-failed&project=shop&app=a&core=eu&cursor=abc&limit=10',
      );

      expect(body).toEqual(PAGE);
      expect(readModel.asked).toEqual([
        {
          status: 'upgrade-failed',
          project: 'shop',
          app: 'a',
          core: 'eu',
          cursor: 'abc',
          limit: 10,
        },
      ]);
    });

    it('lists with labels, an order and the names of an environment', async () => {
      await readModel.answers(QUERY_SUBJECTS.instanceList, PAGE);

      await api.get(
        '/v1/instances?label=team=payments&label=a=b=c&sort=-updatedAt&project=shop&environment=main',
      );

      expect(readModel.asked).toEqual([
        {
          label: ['team=payments', 'a=b=c'],
          sort: '-updatedAt',
          project: 'shop',
          environment: 'main',
        },
      ]);
    });

    it('lists upgrades by what became of them, when, and where', async () => {
      const page = { items: [], nextCursor: null, ...READ };
      await readModel.answers(QUERY_SUBJECTS.upgradeList, page);
      const asked = {
        ...{ outcome: 'failed', app: 'a', status: 'upgrade-failed', instanceId: ID },
        ...{ since: '2026-03-01T10:00:00Z', until: '2026-03-02T10:00:00Z', sort: '-endedAt' },
      };
      const parameters = new URLSearchParams({ ...asked, 'reason-class': 'build', label: 'a=b' });

      const { status, body } = await api.get(`/v1/upgrades?${parameters.toString()}`);

      expect({ status, body }).toEqual({ status: 200, body: page });
      expect(readModel.asked).toEqual([{ ...asked, reasonClass: 'build', label: ['a=b'] }]);
    });

    it.each([
      ['since=yesterday', '/since', 'must be a time in UTC such as 2026-03-01T10:00:00Z'],
      ['until=2026-02-30T10:00:00Z', '/until', 'must be a time in UTC'],
      ['outcome=ok', '/outcome', 'in-flight, succeeded, failed'],
      ['sort=age', '/sort', 'requestedAt, -requestedAt'],
      ['label=team', '/label/0', 'must be name=value'],
      [`instanceId=${ID.toUpperCase()}`, '/instanceId', 'must be a UUID in lower case'],
    ])('refuses upgrades with %s, and says at %s what is wrong', async (query, pointer, words) => {
      const { status, body } = await api.get(`/v1/upgrades?${query}`);

      const detail = expect.stringContaining(words) as string;
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { code: 'invalid-input', errors: [{ pointer, detail }] },
      });
    });

    it('answers timeline and stats', async () => {
      const timeline = { instanceId: ID, items: [], nextCursor: null, ...READ };
      const stats = {
        instances: { total: 1, byStatus: { 'running-healthy-claimed': 1 } },
        upgrades: { total: 0, byOutcome: { succeeded: 0 } },
        stages: [],
        ...READ,
      };
      await readModel.answers(QUERY_SUBJECTS.instanceTimeline, timeline);
      await readModel.answers(QUERY_SUBJECTS.instanceStats, stats);

      expect((await api.get(`/v1/instances/${ID}/timeline?limit=5`)).body).toEqual(timeline);
      expect((await api.get('/v1/stats')).body).toEqual(stats);
      expect(readModel.asked).toEqual([{ instanceId: ID, limit: 5 }, {}]);
    });

    it('answers the switches in force', async () => {
      await readModel.answers(QUERY_SUBJECTS.systemStatus, READ);

      const { status, body } = await api.get('/v1/system?min-position=12');

      expect({ status, body }).toEqual({ status: 200, body: READ });
      expect(readModel.asked).toEqual([{ minPosition: '12' }]);
    });

    it('answers what was found in store and bus', async () => {
      const page = { items: [], openByKind: {}, nextCursor: null, ...READ };
      await readModel.answers(QUERY_SUBJECTS.systemFindings, page);

      const { status, body } = await api.get('/v1/system/findings?kind=stream-gone&open=false');

      expect({ status, body }).toEqual({ status: 200, body: page });
      expect(readModel.asked).toEqual([{ kind: 'stream-gone', open: false }]);
    });

    it('passes the problem of the read model on, with references that resolve here', async () => {
      const problem = {
        type: 'urn:uplift:problem:upgrade-not-found',
        title: 'Upgrade not found',
        status: 404,
        detail: 'No such upgrade',
        code: 'upgrade-not-found',
      };
      await readModel.answers(QUERY_SUBJECTS.upgradeGet, problem, 404);

      expect(await api.get(`/v1/upgrades/${ID}`)).toMatchObject({
        status: 404,
        body: { type: '/problems#upgrade-not-found', detail: 'No such upgrade' },
      });
    });

    it('says what still works when nobody answers queries', async () => {
      const { status, headers, body } = await api.get(`/v1/upgrades/${ID}`);

      expect({ status, code: body.code }).toEqual({ status: 503, code: 'queries-unavailable' });
      expect(headers.get('retry-after')).toBe('1');
    });

    it.each([
      '?limit=0',
      '?limit=101',
      '?limit=ten',
      '?status=fine',
      '?min-position=x',
      '?page=2',
      '?core=a&core=b',
    ])('refuses the query %s', async (query) => {
      expect(await api.get(`/v1/instances${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid-input' },
      });
    });

    it('pages raw events by revision, straight from the store', async () => {
      const id = await api.register('raw');
      await api.post(`/v1/instances/${id}/upgrades`, { key: 'u', body: {} });
      const stored = await api.eventsOf(id);

      const first = await api.get(`/v1/instances/${id}/events?limit=1`);
      const second = await api.get(`/v1/instances/${id}/events?from=1`);

      expect(first.body).toMatchObject({ instanceId: id, nextRevision: 1 });
      expect(second.body).toEqual({
        instanceId: id,
        nextRevision: null,
        items: [{ ...stored[1], subject: id, position: String(stored[1]?.position) }],
      });
      const newest = await api.get(`/v1/instances/${id}/events?order=newest-first&limit=1`);
      expect(newest.body).toEqual({ ...second.body, nextRevision: 0 });
      expect((await api.get(`/v1/instances/${ID}/events`)).status).toBe(404);
      expect((await api.get(`/v1/instances/${id}/events?order=newest`)).status).toBe(400);
    });
  });
}
