import { command, event, BUILD } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo } from '../testing/histories';

const pending = HISTORY_INTO['pending-upgrade'];
const started = upTo('UpgradeStarted');
const requested = upTo('DeploymentRequested');
const accepted = upTo('DeploymentAccepted');
const ambiguous = event('CallAmbiguous');
const refused = event('CallRefused');
const notLanded = event('CallNotLanded');
const secondCall = event('DeploymentRequested', { callNo: 2 });
const unknown = [
  event('OutcomeUnknown'),
  event('UpgradeFailed', { reason: 'outcome-unknown', retryable: false }),
] as const;

describe('StartUpgrade', () => {
  it('begins the stage and records the intent before any call', () => {
    given(...pending)
      .when(command('StartUpgrade'))
      .then(event('UpgradeStarted'), event('DeploymentRequested'));
  });

  it('keeps the id of the wave with the intent and with the build', () => {
    const bulkId = 'uplift-wave-1';
    const intent = event('DeploymentRequested', { bulkId });
    given(...pending)
      .when(command('StartUpgrade', { bulkId }))
      .then(event('UpgradeStarted'), intent);
    given(...started, intent)
      .when(command('AcceptDeployment'))
      .then(event('DeploymentAccepted', { bulkId }));
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pre-upgrade-running'])
      .when(command('StartUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the intent is recorded: a second call needs proof', () => {
    given(...requested)
      .when(command('StartUpgrade'))
      .thenNothing();
  });
});

describe('NoteAmbiguousCall', () => {
  it('records what was seen of the answer', () => {
    given(...requested)
      .when(command('NoteAmbiguousCall'))
      .then(ambiguous);
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pending-pre-upgrade'])
      .when(command('NoteAmbiguousCall'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when it is noted already', () => {
    given(...requested, ambiguous)
      .when(command('NoteAmbiguousCall'))
      .thenNothing();
  });

  it('notes the second call anew', () => {
    given(...requested, ambiguous, notLanded, secondCall)
      .when(command('NoteAmbiguousCall', { callNo: 2 }))
      .then(event('CallAmbiguous', { callNo: 2 }));
  });

  it('is quiet when Lagoon surely refused that call, or has taken it', () => {
    for (const history of [[...requested, refused], accepted]) {
      given(...history)
        .when(command('NoteAmbiguousCall'))
        .thenNothing();
    }
  });
});

describe('RepeatCall', () => {
  it.each([
    ['after a silence', []],
    ['after an answer nobody can read', [ambiguous]],
  ])('calls a second time %s, with proof that the first did not land', (_when, answer) => {
    given(...requested, ...answer)
      .when(command('RepeatCall'))
      .then(notLanded, secondCall);
  });

  it('gives up after the second call: the outcome is unknown', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RepeatCall', { callNo: 2 }))
      .then(event('CallNotLanded', { callNo: 2 }), ...unknown);
  });

  it('does not count a call that Lagoon surely refused', () => {
    given(...requested, refused, secondCall)
      .when(command('RepeatCall', { callNo: 2 }))
      .then(event('CallNotLanded', { callNo: 2 }), event('DeploymentRequested', { callNo: 3 }));
  });

  it('is quiet when it speaks of an earlier call, or of the call of another effect', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RepeatCall', { callNo: 1 }))
      .thenNothing();
    given(...requested)
      .when(command('RepeatCall', { marker: 'another-marker' }))
      .thenNothing();
  });

  it('is quiet when the call was refused: that one has its outcome', () => {
    given(...requested, refused)
      .when(command('RepeatCall'))
      .thenNothing();
  });

  it('is quiet when a call was accepted after all', () => {
    given(...accepted)
      .when(command('RepeatCall'))
      .thenNothing();
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pending-pre-upgrade'])
      .when(command('RepeatCall'))
      .thenRefused('step-not-reached');
  });
});

describe('RefuseCall', () => {
  it('fails the upgrade at once when the refusal is final', () => {
    given(...requested)
      .when(command('RefuseCall', { tries: 1 }))
      .then(refused, event('UpgradeFailed'));
  });

  it('is met as often as it is said to be, then counts', () => {
    const tries = 3;
    const thirdCall = event('DeploymentRequested', { callNo: 3 });
    const twice = [refused, secondCall, event('CallRefused', { callNo: 2 })];
    given(...requested)
      .when(command('RefuseCall', { tries }))
      .then(refused);
    given(...requested, refused, secondCall)
      .when(command('RefuseCall', { tries, callNo: 2 }))
      .then(event('CallRefused', { callNo: 2 }));
    given(...requested, ...twice, thirdCall)
      .when(command('RefuseCall', { tries, callNo: 3 }))
      .then(event('CallRefused', { callNo: 3 }), event('UpgradeFailed'));
  });

  it('is quiet when that refusal is recorded', () => {
    given(...requested, refused)
      .when(command('RefuseCall', { tries: 3 }))
      .thenNothing();
  });

  it('is quiet when a second call was made meanwhile: that one may land', () => {
    given(...requested, notLanded, secondCall)
      .when(command('RefuseCall'))
      .thenNothing();
  });

  it('is quiet when a build was found after all', () => {
    given(...accepted)
      .when(command('RefuseCall'))
      .thenNothing();
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pending-pre-upgrade'])
      .when(command('RefuseCall'))
      .thenRefused('step-not-reached');
  });
});

describe('RetryCall', () => {
  it('calls again after a refusal that may pass', () => {
    given(...requested, refused)
      .when(command('RetryCall'))
      .then(secondCall);
  });

  it('calls again with the id of the wave', () => {
    const bulkId = 'uplift-wave-1';
    given(...started, event('DeploymentRequested', { bulkId }), refused)
      .when(command('RetryCall'))
      .then(event('DeploymentRequested', { bulkId, callNo: 2 }));
  });

  it.each([
    ['the call may still land', requested],
    ['the next call is made', [...requested, refused, secondCall]],
    ['a build was found after all', [...requested, refused, event('DeploymentAccepted')]],
  ])('is quiet when %s', (_when, history) => {
    given(...history)
      .when(command('RetryCall'))
      .thenNothing();
  });

  it('is refused before the stage is open', () => {
    given(...HISTORY_INTO['pending-pre-upgrade'])
      .when(command('RetryCall'))
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

  it.each([ambiguous, refused])(
    'believes the build it found, whatever was said before: %j',
    (said) => {
      given(...requested, said)
        .when(command('AcceptDeployment'))
        .then(event('DeploymentAccepted'));
    },
  );

  it('is refused without an intent', () => {
    given(...started)
      .when(command('AcceptDeployment'))
      .thenRefused('step-not-reached');
  });

  it('is refused where a script was asked for', () => {
    given(
      ...ordering({ strategy: 'script' }, started),
      event('ScriptRequested', { step: 'upgrade' }),
    )
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
      .then(...unknown);
  });

  it('ends it also for a build that vanished from Lagoon', () => {
    given(...accepted)
      .when(command('DeclareOutcomeUnknown', { buildName: BUILD }))
      .then(...unknown);
  });

  it('is quiet when a build is known by now', () => {
    given(...accepted)
      .when(command('DeclareOutcomeUnknown'))
      .thenNothing();
  });

  it('is quiet about a build that another one has taken the place of', () => {
    given(...accepted, event('DuplicateBuildDetected', { builds: ['lagoon-build-zzz', BUILD] }))
      .when(command('DeclareOutcomeUnknown', { buildName: BUILD }))
      .thenNothing();
  });

  it('is refused before the stage has begun', () => {
    given(...pending)
      .when(command('DeclareOutcomeUnknown'))
      .thenRefused('step-not-reached');
  });
});
