import { command, event, MARKER, OTHER_UPGRADE } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';

const asked = event('UpgradeCancelRequested', { reason: 'wrong release' });
const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const stopping = [...accepted, asked];
const cancelled = event('UpgradeCancelled');
const stopped = event('DeploymentCancelled');

describe('CancelUpgrade', () => {
  it.each([
    'pending-pre-upgrade',
    'pre-upgrade-running',
    'pre-upgrade-completed',
    'pending-upgrade',
  ] as const)('ends the upgrade at once in %s: nothing was deployed', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('CancelUpgrade'))
      .then(asked, cancelled);
  });

  it.each([
    ['a call may land', requested],
    ['a build runs', accepted],
  ])('is noted for the worker while %s', (_when, history) => {
    given(...history)
      .when(command('CancelUpgrade'))
      .then(asked);
  });

  it.each([
    'upgrade-completed',
    'pending-post-upgrade',
    'post-upgrade-running',
    'post-upgrade-completed',
  ] as const)('is too late in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('CancelUpgrade'))
      .thenRefused('cancel-too-late');
  });

  it('is quiet when it was asked for, whoever asks again', () => {
    given(...stopping)
      .when(command('CancelUpgrade', { requestedBy: 'operator-8' }))
      .thenNothing();
  });

  it('is quiet while the stopped instance proves its health', () => {
    given(...stopping, stopped)
      .when(command('CancelUpgrade'))
      .thenNothing();
  });

  it('is quiet when the upgrade was cancelled', () => {
    given(...HISTORY_INTO['pending-upgrade'], asked, cancelled)
      .when(command('CancelUpgrade'))
      .thenNothing();
  });

  it.each([
    ['has ended', WHOLE_UPGRADE],
    ['has failed', [...accepted, event('UpgradeFailed')]],
    ['was never asked for', [event('InstanceRegistered')]],
  ])('is refused when the upgrade %s', (_when, history) => {
    given(...history)
      .when(command('CancelUpgrade'))
      .thenRefused('upgrade-not-in-flight');
  });

  it.each([
    ['in flight', accepted],
    ['cancelled', [...accepted, asked, cancelled]],
  ])('is refused for an upgrade other than the one that is %s', (_what, history) => {
    given(...history)
      .when(command('CancelUpgrade', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('upgrade-not-in-flight');
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('CancelUpgrade')).thenRefused('instance-unknown');
  });
});

describe('after a cancel no new call is made', () => {
  it.each([
    ['RepeatCall', [event('CallNotLanded'), cancelled]],
    ['RefuseCall', [cancelled]],
  ] as const)('%s ends the upgrade instead', (type, ends) => {
    given(...requested, asked)
      .when(command(type))
      .then(...ends);
  });

  it('RetryCall ends the upgrade instead', () => {
    given(...requested, event('CallRefused'), asked)
      .when(command('RetryCall'))
      .then(cancelled);
  });

  it('proof that the second call did not land ends the upgrade as cancelled, not as unknown', () => {
    const second = event('DeploymentRequested', { callNo: 2 });
    given(...requested, event('CallNotLanded'), second, asked)
      .when(command('RepeatCall', { callNo: 2 }))
      .then(event('CallNotLanded', { callNo: 2 }), cancelled);
  });

  it('a script is not called again', () => {
    const marker = `${MARKER}-script`;
    const script = event('ScriptRequested', { step: 'upgrade', marker });
    given(...upTo('UpgradeStarted'), script, asked)
      .when(command('RepeatCall', { marker }))
      .then(event('CallNotLanded'), cancelled);
  });

  it('a build that is found all the same is followed, to be stopped', () => {
    const [found] = ordering({ cancelRequested: true }, [event('DeploymentAccepted')]);
    given(...requested, asked)
      .when(command('AcceptDeployment'))
      .then(found ?? stopped);
  });
});

describe('ConfirmCancel', () => {
  it('leads to a proof of health: the environment may be half rolled out', () => {
    given(...stopping)
      .when(command('ConfirmCancel'))
      .then(stopped);
  });

  it('ends the upgrade at once when nothing was ever deployed', () => {
    given(...requested, asked)
      .when(command('ConfirmCancel', { buildName: null }))
      .then(cancelled);
  });

  it('is quiet about a build that never was when one is known', () => {
    given(...stopping)
      .when(command('ConfirmCancel', { buildName: null }))
      .thenNothing();
  });

  it('is quiet about a script that never ran when its task is known', () => {
    const ran = [event('ScriptRequested', { step: 'upgrade' }), event('ScriptAccepted')];
    given(...upTo('UpgradeStarted'), ...ran, asked)
      .when(command('ConfirmCancel', { buildName: null }))
      .thenNothing();
  });

  it('is quiet about the end of a build that is not followed', () => {
    given(...stopping)
      .when(command('ConfirmCancel', { buildName: 'lagoon-build-zzz' }))
      .thenNothing();
  });

  it('is quiet when nobody asked: a build can be cancelled by others', () => {
    given(...accepted)
      .when(command('ConfirmCancel'))
      .thenNothing();
  });

  it('is quiet when it is confirmed', () => {
    given(...stopping, stopped)
      .when(command('ConfirmCancel'))
      .thenNothing();
  });

  it('is refused before the stage has begun', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('ConfirmCancel'))
      .thenRefused('step-not-reached');
  });
});

describe('a cancel and a success that race', () => {
  it('cancel first, then complete: it was too late, and the upgrade goes on without it', () => {
    given(...stopping)
      .when(command('CompleteUpgrade'))
      .then(event('UpgradeCancelTooLate'), event('UpgradeCompleted'), event('PostUpgradePending'));
  });

  it('complete first, then cancel: it is refused', () => {
    given(...accepted, event('UpgradeCompleted'), event('PostUpgradePending'))
      .when(command('CancelUpgrade'))
      .thenRefused('cancel-too-late');
  });

  it('complete first, then confirmed: the success stands', () => {
    const late = [event('UpgradeCancelTooLate'), event('UpgradeCompleted')];
    given(...stopping, ...late, event('PostUpgradePending'))
      .when(command('ConfirmCancel'))
      .thenNothing();
  });

  it('confirmed first, then complete: the cancel stands', () => {
    given(...stopping, stopped)
      .when(command('CompleteUpgrade'))
      .thenNothing();
  });

  it('fails all the same when the build fails before it is stopped', () => {
    given(...stopping)
      .when(command('FailUpgrade'))
      .then(event('UpgradeFailed'));
  });
});

describe('the verification after a cancel', () => {
  it('brings the instance back where it came from, as cancelled, with the proof', () => {
    const { probes } = event('InstanceVerifiedHealthy').data;
    given(...stopping, stopped)
      .when(command('VerifyHealthy'))
      .then(event('UpgradeCancelled', { probes }));
  });

  it.each([
    ['FindUnhealthy', 'InstanceFoundUnhealthy'],
    ['FindUnresponsive', 'InstanceFoundUnresponsive'],
  ] as const)('%s ends it as a failure: the stop did harm', (find, found) => {
    given(...stopping, stopped)
      .when(command(find))
      .then(event(found));
  });

  it('is not due again once the upgrade is cancelled', () => {
    given(...stopping, stopped, cancelled)
      .when(command('VerifyHealthy'))
      .thenNothing();
  });
});
