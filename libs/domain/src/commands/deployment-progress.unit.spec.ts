import { command, event, BUILD, DEPLOYED_ORDER } from '../testing/examples';
import { given, HISTORY_INTO, upTo } from '../testing/histories';

const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const OTHER = 'lagoon-build-other';
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

describe('CompleteUpgrade', () => {
  it('ends the stage and opens the next', () => {
    given(...accepted)
      .when(command('CompleteUpgrade'))
      .then(event('UpgradeCompleted'), event('PostUpgradePending'));
  });

  it.each([
    ['the build that took its place', event('DeploymentSuperseded'), 'lagoon-build-zzz'],
    ['its duplicate', event('DuplicateBuildDetected', { builds: [OTHER, BUILD] }), OTHER],
  ])('ends the stage by %s', (_whose, seen, buildName) => {
    given(...accepted, seen)
      .when(command('CompleteUpgrade', { buildName }))
      .then(
        event('UpgradeCompleted', { buildName }),
        event('PostUpgradePending', { workOrder: { ...DEPLOYED_ORDER, deployed: { buildName } } }),
      );
  });

  it('is quiet about a build that is not, or no longer, followed', () => {
    given(...accepted)
      .when(command('CompleteUpgrade', { buildName: OTHER }))
      .thenNothing();
    given(...accepted, event('DuplicateBuildDetected', { builds: [OTHER, BUILD] }))
      .when(command('CompleteUpgrade'))
      .thenNothing();
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
