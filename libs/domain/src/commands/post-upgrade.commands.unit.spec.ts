import { command, event, LOCATED_ORDER, WORK_ORDER } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';

const pending = HISTORY_INTO['pending-post-upgrade'];
const running = HISTORY_INTO['post-upgrade-running'];
const verifying = HISTORY_INTO['post-upgrade-completed'];

describe('StartPostUpgrade', () => {
  it('begins the stage', () => {
    given(...pending)
      .when(command('StartPostUpgrade'))
      .then(event('PostUpgradeStarted'));
  });

  it('is refused before the deployment has ended', () => {
    given(...HISTORY_INTO['upgrade-running'])
      .when(command('StartPostUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the stage has begun', () => {
    given(...running)
      .when(command('StartPostUpgrade'))
      .thenNothing();
  });
});

describe('CompletePostUpgrade', () => {
  it('hands over to the verification of health', () => {
    given(...running)
      .when(command('CompletePostUpgrade'))
      .then(event('PostUpgradeCompleted'));
  });

  it('is refused before the stage has begun', () => {
    given(...pending)
      .when(command('CompletePostUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the stage has ended', () => {
    given(...verifying)
      .when(command('CompletePostUpgrade'))
      .thenNothing();
  });
});

describe('FailPostUpgrade', () => {
  it.each(['pending-post-upgrade', 'post-upgrade-running'] as const)(
    'ends the upgrade from %s',
    (status) => {
      given(...HISTORY_INTO[status])
        .when(command('FailPostUpgrade'))
        .then(event('PostUpgradeFailed'));
    },
  );

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['upgrade-running'])
      .when(command('FailPostUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the stage was a success', () => {
    given(...verifying)
      .when(command('FailPostUpgrade'))
      .thenNothing();
  });
});

describe('VerifyHealthy', () => {
  it('brings the instance back to the status it came from', () => {
    given(...verifying)
      .when(command('VerifyHealthy'))
      .then(event('InstanceVerifiedHealthy'));
  });

  it('never crosses the claim axis', () => {
    const workOrder = { ...WORK_ORDER, originStatus: 'running-healthy-unclaimed' } as const;
    const located = { ...LOCATED_ORDER, originStatus: 'running-healthy-unclaimed' } as const;
    given(
      event('InstanceRegistered', { status: 'running-healthy-unclaimed' }),
      event('UpgradeRequested', { workOrder }),
      ...verifying.slice(2, -1),
      event('PostUpgradeCompleted', { workOrder: located }),
    )
      .when(command('VerifyHealthy'))
      .then(event('InstanceVerifiedHealthy', { status: 'running-healthy-unclaimed' }));
  });

  it('is refused before the post-upgrade stage has ended', () => {
    given(...running)
      .when(command('VerifyHealthy'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the instance is back', () => {
    given(...WHOLE_UPGRADE)
      .when(command('VerifyHealthy'))
      .thenNothing();
  });
});

describe.each([
  ['FindUnhealthy', 'InstanceFoundUnhealthy'],
  ['FindUnresponsive', 'InstanceFoundUnresponsive'],
] as const)('%s', (find, found) => {
  it(`ends the upgrade with ${found}`, () => {
    given(...verifying)
      .when(command(find))
      .then(event(found));
  });

  it('is refused before the post-upgrade stage has ended', () => {
    given(...running)
      .when(command(find))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the instance was verified healthy', () => {
    given(...WHOLE_UPGRADE)
      .when(command(find))
      .thenNothing();
  });
});
