import { command } from '../testing/example-commands';
import { event } from '../testing/example-events';
import { given, HISTORY_INTO, upTo } from '../testing/example-histories';
import { BUILD } from '../testing/named-values';

const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const seen = (status: string, buildStep: string | null = null) =>
  event('DeploymentProgressed', { status, buildStep });
const see = (status: string, buildStep: string | null = null) =>
  command('ProgressDeployment', { status, buildStep });

describe('ProgressDeployment', () => {
  it('records what was seen first', () => {
    given(...accepted)
      .when(see('queued'))
      .then(seen('queued'));
  });

  it('records a change of build step', () => {
    given(...accepted, seen('running', 'Image Build'))
      .when(see('running', 'Rollout'))
      .then(seen('running', 'Rollout'));
  });

  it('records a status word it does not know', () => {
    given(...accepted, seen('running'))
      .when(see('paused'))
      .then(seen('paused'));
  });

  it('is quiet when nothing changed', () => {
    given(...accepted, seen('running', 'Rollout'))
      .when(see('running', 'Rollout'))
      .thenNothing();
  });

  it('is quiet when Lagoon falls back: an attempt never moves backwards', () => {
    given(...accepted, seen('running'))
      .when(see('queued'))
      .thenNothing();
  });

  it('is refused before a build is known', () => {
    given(...requested)
      .when(see('running'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the deployment has ended', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(see('running'))
      .thenNothing();
  });
});

describe('RecordDuplicateBuilds', () => {
  const duplicate = event('DuplicateBuildDetected');

  it('records that one attempt has two builds', () => {
    given(...accepted)
      .when(command('RecordDuplicateBuilds'))
      .then(duplicate);
  });

  it('is quiet when these builds are known', () => {
    given(...accepted, duplicate)
      .when(command('RecordDuplicateBuilds'))
      .thenNothing();
  });

  it('records a third build', () => {
    const builds = [...duplicate.data.builds, 'lagoon-build-third'];
    given(...accepted, duplicate)
      .when(command('RecordDuplicateBuilds', { builds }))
      .then(event('DuplicateBuildDetected', { builds }));
  });

  it('is refused without an intent', () => {
    given(...upTo('UpgradeStarted'))
      .when(command('RecordDuplicateBuilds'))
      .thenRefused('step-not-reached');
  });
});

describe('CompleteUpgrade', () => {
  it('ends the stage and opens the next', () => {
    given(...accepted)
      .when(command('CompleteUpgrade'))
      .then(event('UpgradeCompleted'), event('PostUpgradePending'));
  });

  it('says which build took the place of ours', () => {
    const by = 'lagoon-build-zzz';
    given(...accepted)
      .when(command('CompleteUpgrade', { supersededBy: by }))
      .then(
        event('DeploymentSuperseded', { by }),
        event('UpgradeCompleted'),
        event('PostUpgradePending'),
      );
  });

  it('is refused before a build is known', () => {
    given(...requested)
      .when(command('CompleteUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the stage has ended', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(command('CompleteUpgrade'))
      .thenNothing();
  });
});

describe('CompleteUpgrade after the failure was recorded', () => {
  const failed = [...accepted, event('UpgradeFailed')];
  const late = event('LateOutcomeObserved', { buildName: BUILD });

  it('is kept as a late outcome', () => {
    given(...failed)
      .when(command('CompleteUpgrade'))
      .then(late);
  });

  it('is kept once', () => {
    given(...failed, late)
      .when(command('CompleteUpgrade'))
      .thenNothing();
  });

  it('is quiet when it speaks of another attempt', () => {
    given(...failed)
      .when(command('CompleteUpgrade', { attempt: 2 }))
      .thenNothing();
  });

  it('is quiet when another stage failed', () => {
    given(...HISTORY_INTO['post-upgrade-running'], event('PostUpgradeFailed'))
      .when(command('CompleteUpgrade'))
      .thenNothing();
  });

  it('is quiet for an instance imported as failed', () => {
    given(event('InstanceRegistered', { status: 'upgrade-failed' }))
      .when(command('CompleteUpgrade'))
      .thenNothing();
  });
});

describe('FailUpgrade', () => {
  it.each(['pending-upgrade', 'upgrade-running'] as const)('ends the upgrade from %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('FailUpgrade'))
      .then(event('UpgradeFailed'));
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pre-upgrade-running'])
      .when(command('FailUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the deployment was a success', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(command('FailUpgrade'))
      .thenNothing();
  });
});
