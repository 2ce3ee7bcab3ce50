import { fold } from '../decider';
import type { InstanceEvent } from '../instance/instance.events';
import { command, event, OTHER_UPGRADE, WORK_ORDER } from '../testing/examples';
import { UNDEPLOYED, TIMED_OUT, POST_FAILED, ILL } from '../testing/failed-upgrades';
import { given, HISTORY_INTO, ordering, WHOLE_UPGRADE } from '../testing/histories';
import { instanceDecider } from './instance.decider';

describe('RollBackUpgrade', () => {
  const before = (replacedRef: string, history: readonly InstanceEvent[]) =>
    ordering({ replacedRef }, history);
  const rollback = (changes: object) => ({
    ...WORK_ORDER,
    upgradeId: OTHER_UPGRADE,
    target: { ref: 'v2.0.0' },
    rollsBack: WORK_ORDER.upgradeId,
    ...changes,
  });

  it('is an upgrade to what the history says was deployed before', () => {
    given(...before('v2.0.0', WHOLE_UPGRADE))
      .when(command('RollBackUpgrade'))
      .then(event('UpgradeRequested', { workOrder: rollback({ replacedRef: 'v2.1.0' }) }));
  });

  it.each([
    ['an app that is ill', ILL, { replacedRef: 'v2.1.0', repairs: 'running-unhealthy' }],
    [
      'a post-upgrade that failed',
      POST_FAILED,
      { replacedRef: 'v2.1.0', repairs: 'running-unhealthy' },
    ],
    [
      'a deployment that failed',
      UNDEPLOYED,
      { replacedRef: 'v2.0.0', repairs: 'running-unhealthy' },
    ],
  ] as const)('mends %s', (_what, history, changes) => {
    given(...before('v2.0.0', history))
      .when(command('RollBackUpgrade'))
      .then(event('UpgradeRequested', { workOrder: rollback(changes) }));
  });

  it('remembers what was deployed before the upgrade, however often that deploys', () => {
    const history = ordering({ replacedRef: 'v2.0.0' }, POST_FAILED);
    const state = fold(instanceDecider, history);
    const [again = event('UpgradeRetried')] = instanceDecider.decide(
      command('RetryUpgrade', { redeploy: true }),
      state,
    );
    const failed = event('UpgradeFailed', { attempt: 2 });
    const target = { ref: 'v2.0.0' };
    expect(
      instanceDecider.decide(
        command('RollBackUpgrade'),
        fold(instanceDecider, [...history, again, failed]),
      ),
    ).toMatchObject([{ data: { workOrder: { target, replacedRef: 'v2.1.0' } } }]);
  });

  it('is refused where the history does not say what was deployed before', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RollBackUpgrade'))
      .thenRefused('no-earlier-reference');
  });

  it('is refused while nobody knows what became of the deployment', () => {
    given(...before('v2.0.0', TIMED_OUT))
      .when(command('RollBackUpgrade'))
      .thenRefused('outcome-unknown');
  });

  it('is refused for an upgrade that is not the last, and in flight', () => {
    given(...before('v2.0.0', WHOLE_UPGRADE))
      .when(command('RollBackUpgrade', { rollsBack: 'another' }))
      .thenRefused('nothing-to-roll-back');
    given(...before('v2.0.0', HISTORY_INTO['upgrade-running']))
      .when(command('RollBackUpgrade'))
      .thenRefused('upgrade-in-flight');
  });
});

describe('a repair', () => {
  const ill = [event('InstanceRegistered'), event('HealthReported')];

  it('is an upgrade of an app that fell ill by itself', () => {
    given(...ill)
      .when(command('RequestUpgrade', { repair: true }))
      .then(
        event('UpgradeRequested', { workOrder: { ...WORK_ORDER, repairs: 'running-unhealthy' } }),
      );
    given(...ill)
      .when(command('RequestUpgrade'))
      .thenRefused('status-not-allowed');
  });

  it('needs to know the status to come back to', () => {
    given(event('InstanceRegistered', { status: 'running-unhealthy' }))
      .when(command('RequestUpgrade', { repair: true }))
      .thenRefused('claim-unknown');
  });
});
