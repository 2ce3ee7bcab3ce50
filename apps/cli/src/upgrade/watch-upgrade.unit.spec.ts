import { EXIT } from '../exit-code';
import { scriptedForAll } from '../testing/scripted-api';
import { upgradeCommand } from './upgrade.command';
import { AIMS, watchUpgrade } from './watch-upgrade';

const U = '22222222-2222-4222-8222-222222222222';
const AS_OF = { position: '9', at: '2026-12-01T06:00:00.000Z', ageMs: 0 };
const ENDING = { stops: [], asOf: AS_OF };
describe('uplift upgrade watch', () => {
  const { api, context } = scriptedForAll({ status: 404, body: {} });

  const frames = (...types: readonly string[]) =>
    types
      .map((type, revision) => {
        const opens = ['UpgradeRequested', 'UpgradeRetried', 'UpgradeAbandoned'].includes(type);
        const data = opens ? { workOrder: { upgradeId: 'u' } } : { upgradeId: 'u' };
        const frame = { type, revision, recordedAt: 't', data };
        return `data: ${JSON.stringify(type === 'HealthReported' ? { ...frame, data: {} } : frame)}`;
      })
      .join('\n\n')
      .concat('\n\n');

  const watch = (revision: number, ...types: readonly string[]) => {
    const upgrade = { upgradeId: 'u', instanceId: 'i', revision };
    api.answers.set(`/v1/upgrades/${U}`, { body: { upgrade, ...ENDING } });
    api.answers.set('/v1/events', { body: frames(...types) });
    return context.run(upgradeCommand, 'watch', U);
  };

  it('goes on behind an end that a retry has taken back', async () => {
    const failed = ['UpgradeRequested', 'UpgradeFailed', 'UpgradeRetried'];
    await watch(2, ...failed, 'InstanceVerifiedHealthy');
    expect(context.rows).toHaveLength(4);
  });

  it('fails with the last end of an upgrade that is over, and prints what came late', async () => {
    const over = ['UpgradeRequested', 'UpgradeFailed', 'LateOutcomeObserved'];
    await expect(watch(2, ...over, 'HealthReported')).rejects.toMatchObject({
      exitCode: EXIT.failed,
      message: 'Upgrade u ended in UpgradeFailed',
    });
    expect(context.rows).toHaveLength(3);
  });

  it('ends with an upgrade that expired', async () => {
    await expect(watch(0, 'UpgradeRequested', 'UpgradeExpired')).rejects.toMatchObject({
      message: 'Upgrade u ended in UpgradeExpired',
    });
  });

  it('does not wait for a revision that belongs to something else', async () => {
    await watch(2, 'UpgradeRequested', 'InstanceVerifiedHealthy', 'HealthReported');
    expect(context.rows).toHaveLength(2);
  });

  describe('after a command that aims at something else', () => {
    const after = (command: 'cancel' | 'resolve', revision: number, ...types: string[]) => {
      api.answers.set('/v1/events', { body: frames(...types) });
      const upgrade = { upgradeId: 'u', instanceId: 'i', revision };
      return watchUpgrade(context, upgrade, 60, AIMS[command]);
    };

    it('is content with a cancelled upgrade', async () => {
      await after('cancel', 1, 'UpgradeRequested', 'UpgradeCancelRequested', 'UpgradeCancelled');
      expect(context.rows).toHaveLength(3);
    });

    it('waits until what was said of a call is looked into', async () => {
      const asked = ['UpgradeRequested', 'UpgradeFailed', 'OutcomeResolutionRequested'];
      await after('resolve', 2, ...asked, 'OutcomeResolved');
      expect(context.rows).toHaveLength(4);
      await expect(after('resolve', 2, ...asked, 'OutcomeResolutionRefused')).rejects.toMatchObject(
        {
          message: 'Upgrade u ended in OutcomeResolutionRefused',
        },
      );
    });
  });
});
