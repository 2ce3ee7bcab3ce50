import { registerAt, overBus, overHttp, triggerAt } from './both-transports';
import type { RunningCommandApi } from './running-command-api';
import { registrationOf } from './running-command-api';

const SCRIPT = { service: 'cli', command: 'drush updb -y' };
const REQUESTS = [
  ['redeploy-latest', undefined, null],
  ['branch-ref', { ref: 'release/2.1' }, { ref: 'release/2.1' }],
  ['promote', { sourceEnvironment: 'staging' }, { sourceEnvironment: 'staging' }],
  ['variables', undefined, null],
  [
    'variables',
    {
      variables: [
        { name: 'A', value: 'x\ny', scope: 'BUILD' },
        { name: 'B', value: '' },
      ],
    },
    {
      variables: [
        { name: 'A', value: 'x\ny', scope: 'BUILD' },
        { name: 'B', value: '', scope: 'GLOBAL' },
      ],
    },
  ],
  ['script', { script: SCRIPT }, { script: SCRIPT }],
  [
    'script',
    { script: { registeredTask: 'Clear caches' } },
    { script: { registeredTask: 'Clear caches' } },
  ],
] as const;

export function strategiesSuite(running: () => RunningCommandApi): void {
  describe('an upgrade is asked for', () => {
    let api: RunningCommandApi;
    let count = 0;

    beforeAll(() => {
      api = running();
    });

    const registered = async (more: object = {}) => {
      const key = `r-${count++}`;
      const body = { ...registrationOf(key), ...more };
      const { body: answer } = await api.post('/v1/instances', { key, body });
      return String(answer.instanceId);
    };

    const workOrderOf = async (instanceId: string) => {
      const events = await api.eventsOf(instanceId);
      expect(events.map(({ type }) => type)).toEqual(['InstanceRegistered', 'UpgradeRequested']);
      return (events[1]?.data as { readonly workOrder: object }).workOrder;
    };

    describe.each([
      ['HTTP', overHttp],
      ['the bus', overBus],
    ] as const)('over %s', (_transport, send) => {
      it.each(REQUESTS)('with %s and target %j', async (strategy, target, recorded) => {
        const instanceId = await registered();
        const body = { strategy, ...(target === undefined ? {} : { target }) };

        const { document } = await send(api, triggerAt('k', instanceId, body));

        expect(document).toMatchObject({ instanceId, status: 'pending-pre-upgrade', revision: 1 });
        const order = await workOrderOf(instanceId);
        expect(order).toMatchObject({ upgradeId: document.upgradeId, strategy });
        expect(order).toHaveProperty('target', recorded);
        expect(order).not.toHaveProperty('waveId');
      });

      it('as the plan of the instance says, unless the request says otherwise', async () => {
        const upgrade = { strategy: 'branch-ref', target: { ref: 'stable' } };
        const [plain, other] = [await registered({ upgrade }), await registered({ upgrade })];

        await send(api, triggerAt('k', plain, {}));
        await send(api, triggerAt('k', other, { target: { ref: 'v3' }, waveId: 'wave-7' }));

        expect(await workOrderOf(plain)).toMatchObject(upgrade);
        expect(await workOrderOf(other)).toMatchObject({
          strategy: 'branch-ref',
          target: { ref: 'v3' },
          waveId: 'wave-7',
        });
      });

      it('without strategy and plan as redeploy-latest', async () => {
        const instanceId = await registered();

        await send(api, triggerAt('k', instanceId, {}));

        expect(await workOrderOf(instanceId)).toMatchObject({
          strategy: 'redeploy-latest',
          target: null,
        });
      });
    });

    it('under one key over both transports as one command', async () => {
      const instanceId = await registered();
      const [, , , , [, target]] = REQUESTS;
      const command = triggerAt('k', instanceId, { strategy: 'variables', target, waveId: 'w' });

      const first = await overHttp(api, command);

      expect(await overBus(api, command)).toEqual(first);
      expect(await api.eventsOf(instanceId)).toHaveLength(2);
    });

    it('under a key that stands for no strategy, which is not the same as redeploy-latest', async () => {
      const instanceId = await registered();
      await overHttp(api, triggerAt('k', instanceId, {}));

      const again = await overHttp(
        api,
        triggerAt('k', instanceId, { strategy: 'redeploy-latest' }),
      );

      expect(again.document).toMatchObject({ code: 'idempotency-key-reused' });
    });

    it('of an instance whose scripts are commands or registered tasks', async () => {
      const body = {
        ...registrationOf('with-scripts'),
        instanceId: 'cccccccc-0000-4000-8000-000000000001',
        scripts: { preUpgrade: { registeredTask: 'Backup' }, postUpgrade: SCRIPT },
        upgrade: { strategy: 'script', target: { script: SCRIPT } },
      };

      await overBus(api, registerAt('with-scripts', body));

      const [event] = await api.eventsOf(body.instanceId);
      expect(event?.data).toMatchObject({
        profile: { scripts: body.scripts, upgrade: body.upgrade },
      });
    });
  });
}
