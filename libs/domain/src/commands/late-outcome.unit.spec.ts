import { command, event, OTHER_UPGRADE } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo } from '../testing/histories';

const accepted = upTo('DeploymentAccepted');
const failed = [...accepted, event('UpgradeFailed')];
const { attemptMs } = command('RecordLateOutcome').data;
const late = event('LateOutcomeObserved');
const goesOn = ordering({ attemptMs }, [event('PostUpgradePending')]);

describe('RecordLateOutcome', () => {
  it('takes a late success up where the upgrade left off, with a time of its own', () => {
    given(...failed)
      .when(command('RecordLateOutcome'))
      .then(late, ...goesOn);
  });

  it('forgets a cancel that was asked for before: what is deployed is finished', () => {
    given(...accepted, event('UpgradeCancelRequested'), event('UpgradeFailed'))
      .when(command('RecordLateOutcome'))
      .then(late, ...goesOn);
  });

  it.each(['failed', 'cancelled'])('notes that the deployment ended as %s, no more', (status) => {
    given(...failed)
      .when(command('RecordLateOutcome', { status }))
      .then(event('LateOutcomeObserved', { status }));
  });

  it.each([
    ['a success', [late, ...goesOn]],
    ['a success whose post-upgrade failed', [late, ...goesOn, event('PostUpgradeFailed')]],
    ['a failure', [event('LateOutcomeObserved', { status: 'failed' })]],
  ])('is noted once: %s', (_what, before) => {
    given(...failed, ...before)
      .when(command('RecordLateOutcome'))
      .thenNothing();
  });

  it('is quiet about another attempt, or another upgrade', () => {
    given(...failed)
      .when(command('RecordLateOutcome', { attempt: 2 }))
      .thenNothing();
    given(...failed)
      .when(command('RecordLateOutcome', { upgradeId: OTHER_UPGRADE }))
      .thenNothing();
  });

  it('is quiet while the upgrade goes on', () => {
    given(...accepted)
      .when(command('RecordLateOutcome'))
      .thenNothing();
  });

  it('is quiet when another stage failed', () => {
    given(...HISTORY_INTO['post-upgrade-running'], event('PostUpgradeFailed'))
      .when(command('RecordLateOutcome'))
      .thenNothing();
  });

  it('is quiet for an instance imported as failed', () => {
    given(event('InstanceRegistered', { status: 'upgrade-failed' }))
      .when(command('RecordLateOutcome'))
      .thenNothing();
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('RecordLateOutcome')).thenRefused('instance-unknown');
  });
});

describe('an upgrade that goes on after a late success', () => {
  const pending = [...failed, late, ...goesOn];

  it('runs its post-upgrade stage', () => {
    given(...pending)
      .when(command('StartPostUpgrade'))
      .then(event('PostUpgradeStarted'));
  });

  it('is in flight: no other upgrade may start', () => {
    given(...pending)
      .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('upgrade-in-flight');
  });

  it('ends in the status it came from', () => {
    const rest = ordering({ attemptMs }, HISTORY_INTO['post-upgrade-completed'].slice(-2));
    given(...pending, ...rest)
      .when(command('VerifyHealthy'))
      .then(event('InstanceVerifiedHealthy'));
  });
});
