import { IN_FLIGHT_STATUSES } from '../status';
import { command, event, FAILURE, OTHER_UPGRADE, WORK_ORDER } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';

const waiting = upTo('UpgradeRequested');
const begun = IN_FLIGHT_STATUSES.filter((status) => status !== 'pending-pre-upgrade');
const prioritized = [...waiting, event('UpgradePrioritized')];
const START_BY = { startBy: '2026-03-01T12:00:00.000Z' };
const expiring = ordering(START_BY, waiting);

describe('PrioritizeUpgrade', () => {
  it('says who wants a waiting upgrade to go first, and why', () => {
    given(...waiting)
      .when(command('PrioritizeUpgrade'))
      .then(event('UpgradePrioritized'));
  });

  it('goes with the order through all stages', () => {
    const urgent = { workOrder: { ...WORK_ORDER, located: null, priority: 'urgent' } } as const;
    const { located: _unknown, ...found } = command('CompletePreUpgrade').data;
    const { located } = command('CompletePreUpgrade').data;
    given(...prioritized, event('PreUpgradeStarted'))
      .when(command('CompletePreUpgrade'))
      .then(
        event('PreUpgradeCompleted', found),
        event('UpgradePending', { workOrder: { ...urgent.workOrder, located } }),
      );
  });

  it.each([
    ['it was prioritized before', prioritized],
    ['it was urgent from the start', ordering({ priority: 'urgent' }, waiting)],
    ['it was prioritized and has begun', [...prioritized, event('PreUpgradeStarted')]],
    ['it was prioritized and has ended', [...prioritized, event('PreUpgradeFailed')]],
  ])('is quiet when %s', (_when, history) => {
    given(...history)
      .when(command('PrioritizeUpgrade'))
      .thenNothing();
  });

  it.each(begun)('is refused in %s: nothing waits for admission there', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('PrioritizeUpgrade'))
      .thenRefused('status-not-allowed');
  });

  it.each([
    ['another upgrade is waiting', waiting, OTHER_UPGRADE],
    ['another upgrade has begun', upTo('PreUpgradeStarted'), OTHER_UPGRADE],
    ['the upgrade has ended', WHOLE_UPGRADE, WORK_ORDER.upgradeId],
    ['there was no upgrade', upTo('InstanceRegistered'), WORK_ORDER.upgradeId],
  ])('is refused when %s', (_when, history, upgradeId) => {
    given(...history)
      .when(command('PrioritizeUpgrade', { upgradeId }))
      .thenRefused('upgrade-not-in-flight');
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('PrioritizeUpgrade')).thenRefused('instance-unknown');
  });
});

describe('ExpireUpgrade', () => {
  it('ends the upgrade where it came from, without a failure', () => {
    given(...expiring)
      .when(command('ExpireUpgrade'))
      .then(event('UpgradeExpired', START_BY));
  });

  it('leaves an app as ill as it was before its repair was asked for', () => {
    given(...ordering({ repairs: 'running-unhealthy' }, expiring))
      .when(command('ExpireUpgrade'))
      .then(event('UpgradeExpired', { ...START_BY, status: 'running-unhealthy' }));
  });

  it('lets another upgrade be requested', () => {
    given(...expiring, event('UpgradeExpired', START_BY))
      .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
      .then(event('UpgradeRequested', { workOrder: { ...WORK_ORDER, upgradeId: OTHER_UPGRADE } }));
  });

  it.each([
    ['no time to start by was named', waiting],
    ['an operator holds it', [...expiring, event('InstanceParked')]],
    ['it has begun', ordering(START_BY, upTo('PreUpgradeStarted'))],
    ['it has expired before', [...expiring, event('UpgradeExpired', START_BY)]],
    ['it has failed', [...expiring, event('PreUpgradeFailed', FAILURE)]],
  ])('is quiet when %s', (_when, history) => {
    given(...history)
      .when(command('ExpireUpgrade'))
      .thenNothing();
  });

  it('is quiet about a later attempt: something had begun before', () => {
    const { workOrder, ...asked } = event('UpgradeRetried').data;
    const again = { ...workOrder, ...START_BY, attempt: 2 };
    given(
      ...upTo('PreUpgradeStarted'),
      event('PreUpgradeFailed'),
      event('UpgradeRetried', { workOrder: again, ...asked, fromStage: 'pre-upgrade' }),
    )
      .when(command('ExpireUpgrade', { attempt: 2 }))
      .thenNothing();
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('ExpireUpgrade')).thenRefused('instance-unknown');
  });
});
