import { command } from '../testing/example-commands';
import { event } from '../testing/example-events';
import { given, HISTORY_INTO, upTo } from '../testing/example-histories';

const pending = HISTORY_INTO['pending-upgrade'];
const started = upTo('UpgradeStarted');
const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const notLanded = event('CallNotLanded');
const secondCall = event('DeploymentRequested', { callNo: 2 });

describe('RequestDeployment', () => {
  it('begins the stage and records the intent before any call', () => {
    given(...pending)
      .when(command('RequestDeployment'))
      .then(event('UpgradeStarted'), event('DeploymentRequested'));
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pre-upgrade-running'])
      .when(command('RequestDeployment'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the intent is recorded: a second call needs proof', () => {
    given(...requested)
      .when(command('RequestDeployment'))
      .thenNothing();
  });
});

describe('RepeatDeployment', () => {
  it('calls a second time after proof that the first did not land', () => {
    given(...requested)
      .when(command('RepeatDeployment'))
      .then(notLanded, secondCall);
  });

  it('gives up after the second call: the outcome is unknown', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RepeatDeployment', { callNo: 2 }))
      .then(
        event('CallNotLanded', { callNo: 2 }),
        event('OutcomeUnknown'),
        event('UpgradeFailed', { reason: 'outcome-unknown', retryable: false }),
      );
  });

  it('is quiet when it speaks of an earlier call', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RepeatDeployment', { callNo: 1 }))
      .thenNothing();
  });

  it('is quiet when a call was accepted after all', () => {
    given(...accepted)
      .when(command('RepeatDeployment'))
      .thenNothing();
  });

  it('is refused before the first intent', () => {
    given(...started)
      .when(command('RepeatDeployment'))
      .thenRefused('step-not-reached');
  });
});

describe('AcceptDeployment', () => {
  it('records the build Lagoon gave', () => {
    given(...requested)
      .when(command('AcceptDeployment'))
      .then(event('DeploymentAccepted'));
  });

  it('names the call that landed', () => {
    given(...requested, notLanded, secondCall)
      .when(command('AcceptDeployment'))
      .then(event('DeploymentAccepted', { callNo: 2 }));
  });

  it('is refused without an intent', () => {
    given(...started)
      .when(command('AcceptDeployment'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when a build is known, be it another one', () => {
    given(...accepted)
      .when(command('AcceptDeployment', { buildName: 'lagoon-build-zzz' }))
      .thenNothing();
  });
});

describe('DeclareOutcomeUnknown', () => {
  it('ends the upgrade for a person to decide', () => {
    given(...requested)
      .when(command('DeclareOutcomeUnknown'))
      .then(
        event('OutcomeUnknown'),
        event('UpgradeFailed', { reason: 'outcome-unknown', retryable: false }),
      );
  });

  it('is quiet when the build is known by now', () => {
    given(...accepted)
      .when(command('DeclareOutcomeUnknown'))
      .thenNothing();
  });

  it('is refused without an intent', () => {
    given(...started)
      .when(command('DeclareOutcomeUnknown'))
      .thenRefused('step-not-reached');
  });
});

describe('RefuseDeployment', () => {
  it('fails the upgrade while nothing is known of the call', () => {
    given(...requested)
      .when(command('RefuseDeployment'))
      .then(event('UpgradeFailed'));
  });

  it('is quiet when a second call was made meanwhile: that one may land', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RefuseDeployment'))
      .thenNothing();
  });

  it('is quiet when a build was found after all', () => {
    given(...accepted)
      .when(command('RefuseDeployment'))
      .thenNothing();
  });

  it('is refused before the intent is recorded', () => {
    given(...started)
      .when(command('RefuseDeployment'))
      .thenRefused('step-not-reached');
  });
});
