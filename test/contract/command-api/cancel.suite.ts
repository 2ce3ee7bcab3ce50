import type { InFlightStatus } from '@uplift/domain';
import { cancelAt, overBus, overHttp, refusedByBoth, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { workSteps, workToTheEnd, workUntil } from './worker-steps';

const ENDED_AT_ONCE = ['UpgradeCancelRequested', 'UpgradeCancelled'];
const NOBODY = 'eeeeeeee-0000-4000-8000-000000000001';

export function cancelSuite(running: () => RunningCommandApi): void {
  describe('cancel', () => {
    let api: RunningCommandApi;
    let count = 0;

    beforeAll(() => {
      api = running();
    });

    const asked = async () => {
      const instanceId = await api.register(`cancelled-${count++}`);
      const { document } = await overHttp(api, triggerAt('trigger', instanceId, {}));
      return { instanceId, upgradeId: String(document.upgradeId) };
    };

    const upgradeIn = async (status: InFlightStatus) => {
      const upgrade = await asked();
      await workUntil(api.store, upgrade, status);
      const events = await api.eventsOf(upgrade.instanceId);
      return { ...upgrade, length: events.length };
    };

    const appendedTo = async (upgrade: { instanceId: string; length: number }) =>
      (await api.eventsOf(upgrade.instanceId)).slice(upgrade.length);

    describe.each([
      ['HTTP', overHttp],
      ['the bus', overBus],
    ] as const)('over %s', (_transport, send) => {
      it.each(['pending-pre-upgrade', 'pre-upgrade-running', 'pending-upgrade'] as const)(
        'ends an upgrade in %s at once',
        async (status) => {
          const upgrade = await upgradeIn(status);

          const { document } = await send(api, cancelAt('cancel', upgrade));

          const events = await appendedTo(upgrade);
          expect(events.map(({ type }) => type)).toEqual([
            'UpgradeCancelRequested',
            'UpgradeCancelled',
          ]);
          expect(events[0]).toMatchObject({
            data: {
              upgradeId: upgrade.upgradeId,
              reason: 'wrong version',
              requestedBy: 'anonymous',
            },
            metadata: { $correlationId: upgrade.upgradeId, service: 'command-api' },
          });
          expect(document).toEqual({
            instanceId: upgrade.instanceId,
            upgradeId: upgrade.upgradeId,
            revision: upgrade.length + 1,
            position: events[1]?.position.toString(),
            status: 'running-healthy-claimed',
            links: {
              instance: `/v1/instances/${upgrade.instanceId}`,
              timeline: `/v1/instances/${upgrade.instanceId}/timeline`,
              events: `/v1/instances/${upgrade.instanceId}/events`,
              upgrade: `/v1/upgrades/${upgrade.upgradeId}`,
            },
          });
        },
      );

      it('tried: of a running script is a request to its worker, and lets no other upgrade in', async () => {
        const upgrade = await asked();
        await workSteps(api.store, upgrade, ['StartPreUpgrade', 'RequestScript', 'AcceptScript']);
        const { length } = await api.eventsOf(upgrade.instanceId);

        const { document } = await send(api, cancelAt('cancel', upgrade));

        expect(document).toMatchObject({ status: 'pre-upgrade-running', revision: length });
        expect((await appendedTo({ ...upgrade, length })).map(({ type }) => type)).toEqual([
          'UpgradeCancelRequested',
        ]);
        const again = triggerAt('again', upgrade.instanceId, {});
        expect(await refusedByBoth(api, again)).toMatchObject({
          status: 409,
          code: 'upgrade-in-flight',
          currentStatus: 'pre-upgrade-running',
        });
      });

      it('of a deployment is a request to its worker', async () => {
        const upgrade = await upgradeIn('upgrade-running');

        const { document } = await send(api, cancelAt('cancel', upgrade));

        expect(document).toMatchObject({ status: 'upgrade-running', revision: upgrade.length });
        expect((await appendedTo(upgrade)).map(({ type }) => type)).toEqual([
          'UpgradeCancelRequested',
        ]);
      });
    });

    it.each(['pending-post-upgrade', 'post-upgrade-running', 'post-upgrade-completed'] as const)(
      'is too late in %s',
      async (status) => {
        const upgrade = await upgradeIn(status);

        const problem = await refusedByBoth(api, cancelAt('cancel', upgrade));

        expect(problem).toMatchObject({
          status: 409,
          code: 'cancel-too-late',
          currentStatus: status,
          instanceId: upgrade.instanceId,
        });
        expect(await appendedTo(upgrade)).toEqual([]);
      },
    );

    it.each(['pending-pre-upgrade', 'upgrade-running'] as const)(
      'in %s said again holds already, under the same key and under another, over both transports',
      async (status) => {
        const upgrade = await upgradeIn(status);
        const first = await overHttp(api, cancelAt('cancel', upgrade));

        const again = [
          await overHttp(api, cancelAt('cancel', upgrade)),
          await overBus(api, cancelAt('cancel', upgrade)),
        ];
        const others = [
          await overHttp(api, cancelAt('another', upgrade, { reason: 'other words' })),
          await overBus(api, cancelAt('third', upgrade)),
        ];

        expect(again).toEqual([first, first]);
        expect(others.map(({ document }) => document.status)).toEqual(
          others.map(() => first.document.status),
        );
        expect((await appendedTo(upgrade)).map(({ type }) => type)).toEqual([
          ...(status === 'upgrade-running' ? ['UpgradeCancelRequested'] : ENDED_AT_ONCE),
          ...['CommandNoted', 'CommandNoted'],
        ]);
      },
    );

    it('is one event, however many ask for it at once', async () => {
      const upgrade = await upgradeIn('upgrade-running');

      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => overHttp(api, cancelAt(`cancel-${n % 2}`, upgrade))),
      );

      expect(outcomes.every(({ accepted }) => accepted)).toBe(true);
      expect((await appendedTo(upgrade)).map(({ type }) => type)).toEqual([
        'UpgradeCancelRequested',
        'CommandNoted',
      ]);
    });

    it('answers 202 the first time and says where to look', async () => {
      const upgrade = await asked();
      const { http } = cancelAt('', upgrade);

      const answers = [
        await api.post(http.path, { key: 'cancel', body: http.body }),
        await api.post(http.path, { key: 'cancel', body: http.body }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([202, 200]);
      expect(answers[0]?.headers.get('location')).toBe(`/v1/upgrades/${upgrade.upgradeId}`);
    });

    it('makes room for the next upgrade', async () => {
      const upgrade = await asked();
      await overHttp(api, cancelAt('cancel', upgrade));

      const next = await overHttp(api, triggerAt('next', upgrade.instanceId, {}));

      expect(next).toMatchObject({ accepted: true, document: { status: 'pending-pre-upgrade' } });
      expect(await refusedByBoth(api, cancelAt('late', upgrade))).toMatchObject({
        code: 'upgrade-not-in-flight',
        currentStatus: 'pending-pre-upgrade',
      });
    });

    it('of an upgrade that has ended, or never was, finds nothing in flight', async () => {
      const ended = await asked();
      await workToTheEnd(api.store, ended);
      const resting = await api.register('at-rest');

      const problems = [
        await refusedByBoth(api, cancelAt('k', ended)),
        await refusedByBoth(api, cancelAt('k', { instanceId: resting, upgradeId: NOBODY })),
        await refusedByBoth(api, cancelAt('k', { ...(await asked()), upgradeId: NOBODY })),
      ];

      expect(problems.map(({ status, code }) => [status, code])).toEqual(
        problems.map(() => [409, 'upgrade-not-in-flight']),
      );
    });

    it('of an instance that nobody registered is refused', async () => {
      const nobody = { instanceId: NOBODY, upgradeId: NOBODY };

      expect(await refusedByBoth(api, cancelAt('k', nobody))).toMatchObject({
        status: 404,
        code: 'instance-unknown',
      });
    });

    it('under a key that stands for other words is refused', async () => {
      const upgrade = await asked();
      await overHttp(api, cancelAt('cancel', upgrade));

      const other = cancelAt('cancel', upgrade, { reason: 'other words' });

      expect(await refusedByBoth(api, other)).toMatchObject({
        status: 422,
        code: 'idempotency-key-reused',
      });
    });

    it.each([
      ['id', `/v1/instances/shop/upgrades/${NOBODY}/cancel`],
      ['upgradeId', `/v1/instances/${NOBODY}/upgrades/first/cancel`],
    ])('points at a path whose %s is no UUID', async (name, path) => {
      const { status, body } = await api.post(path, { key: 'k', body: { reason: 'r' } });

      expect(status).toBe(400);
      expect(body.errors).toEqual([{ pointer: `/${name}`, detail: 'must be a UUID' }]);
    });
  });
}
