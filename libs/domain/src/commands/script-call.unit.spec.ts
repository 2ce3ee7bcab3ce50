import { command, event, EVIDENCE, MARKER, TASK } from '../testing/examples';
import { given, HISTORY_INTO, ordering } from '../testing/histories';
import { unsettledEffectOf } from '../instance/ended-upgrade';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceEvent } from '../instance/instance.events';

const scriptOrder = ordering({ strategy: 'script' }, HISTORY_INTO['pending-upgrade']);

/** Each step that may run a script: where, and what a script ends in that cannot go on. */
const STEPS = [
  ['pre-upgrade', `${MARKER}-pre`, HISTORY_INTO['pre-upgrade-running'], 'PreUpgradeFailed'],
  ['upgrade', `${MARKER}-script`, [...scriptOrder, event('UpgradeStarted')], 'UpgradeFailed'],
  ['post-upgrade', `${MARKER}-post`, HISTORY_INTO['post-upgrade-running'], 'PostUpgradeFailed'],
  [
    'verification',
    `${MARKER}-verify`,
    HISTORY_INTO['post-upgrade-completed'],
    'InstanceFoundUnresponsive',
  ],
] as const;

describe.each(STEPS)('a script of the %s step', (step, marker, running, failedAs) => {
  const intent = (callNo = 1) => event('ScriptRequested', { step, marker, callNo });
  const requested: readonly InstanceEvent[] = [...running, intent()];
  const accepted = event('ScriptAccepted', { step });
  const ofCall = { marker, callNo: 1 };

  it('is announced before it is asked for', () => {
    given(...running)
      .when(command('RequestScript', { step }))
      .then(intent());
  });

  it('is announced once, also when its task is known', () => {
    for (const history of [requested, [...requested, accepted]]) {
      given(...history)
        .when(command('RequestScript', { step }))
        .thenNothing();
    }
  });

  it('is known by its task once Lagoon has taken it', () => {
    given(...requested)
      .when(command('AcceptScript', { step }))
      .then(accepted);
  });

  it('keeps the task that was known first', () => {
    given(...requested, accepted)
      .when(command('AcceptScript', { step, task: { ...TASK, taskId: 10 } }))
      .thenNothing();
  });

  it('is not accepted without an intent', () => {
    given(...running)
      .when(command('AcceptScript', { step }))
      .thenRefused('step-not-reached');
  });

  it('is asked for again after proof that the first call did not land', () => {
    given(...requested)
      .when(command('RepeatCall', ofCall))
      .then(event('CallNotLanded'), intent(2));
  });

  it('is given up after the second call: the outcome is unknown', () => {
    given(...requested, event('CallNotLanded'), intent(2))
      .when(command('RepeatCall', { marker, callNo: 2 }))
      .then(
        event('CallNotLanded', { callNo: 2 }),
        event('OutcomeUnknown'),
        event(failedAs, { reason: 'outcome-unknown', evidence: EVIDENCE, retryable: false }),
      );
  });

  it('is asked for again after a refusal that may pass, and fails its step after the last', () => {
    given(...requested)
      .when(command('RefuseCall', { ...ofCall, tries: 2 }))
      .then(event('CallRefused'));
    given(...requested, event('CallRefused'))
      .when(command('RetryCall', ofCall))
      .then(intent(2));
    given(...requested, event('CallRefused'), intent(2))
      .when(command('RefuseCall', { marker, callNo: 2, tries: 2 }))
      .then(event('CallRefused', { callNo: 2 }), event(failedAs));
  });

  it('is noted when nobody can tell what became of the call', () => {
    given(...requested)
      .when(command('NoteAmbiguousCall', ofCall))
      .then(event('CallAmbiguous'));
  });
});

describe('a script out of its step', () => {
  it.each(['RequestScript', 'AcceptScript'] as const)('%s is refused ahead of its step', (type) => {
    given(...HISTORY_INTO['pre-upgrade-running'])
      .when(command(type, { step: 'post-upgrade' }))
      .thenRefused('step-not-reached');
  });

  it.each(['RequestScript', 'AcceptScript'] as const)('%s is quiet after its step', (type) => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command(type, { step: 'pre-upgrade' }))
      .thenNothing();
  });

  it('does not run beside a deployment', () => {
    given(...HISTORY_INTO['upgrade-running'])
      .when(command('RequestScript', { step: 'upgrade' }))
      .thenNothing();
  });

  it('leaves no task and no call for the next step', () => {
    const step = 'post-upgrade';
    const ran = HISTORY_INTO['pre-upgrade-running'].concat(
      event('ScriptRequested'),
      event('ScriptAccepted'),
      HISTORY_INTO['post-upgrade-running'].slice(3),
    );
    given(...ran)
      .when(command('RequestScript', { step }))
      .then(event('ScriptRequested', { step, marker: `${MARKER}-post` }));
  });
});

describe('the task that proves the health', () => {
  const step = 'verification';
  const marker = `${MARKER}-verify`;
  const verifying = ordering({ cancelRequested: true }, HISTORY_INTO['post-upgrade-completed']);
  const requested = [...verifying, event('ScriptRequested', { step, marker })];

  it('is run and repeated after a cancel as well', () => {
    given(...verifying)
      .when(command('RequestScript', { step }))
      .then(event('ScriptRequested', { step, marker }));
    given(...requested)
      .when(command('RepeatCall', { marker, callNo: 1 }))
      .then(event('CallNotLanded'), event('ScriptRequested', { step, marker, callNo: 2 }));
  });

  it('proves nothing after a cancel if Lagoon refuses it', () => {
    given(...requested)
      .when(command('RefuseCall', { marker, callNo: 1, tries: 1 }))
      .then(event('CallRefused'), event('InstanceFoundUnresponsive'));
  });

  it('stands in the way of no other attempt', () => {
    const timedOut = event('InstanceFoundUnresponsive', { reason: 'stage-timed-out' });
    const ran = HISTORY_INTO['post-upgrade-completed'].concat(
      event('ScriptRequested', { step, marker }),
      event('ScriptAccepted', { step }),
      timedOut,
    );
    expect(unsettledEffectOf(ran.reduce(evolve, INITIAL_STATE))).toBeNull();
  });
});

describe('the strategy script', () => {
  const intent = event('ScriptRequested', { step: 'upgrade', marker: `${MARKER}-script` });
  const ran = [
    ...scriptOrder,
    event('UpgradeStarted'),
    intent,
    event('ScriptAccepted', { step: 'upgrade' }),
  ];

  it('opens the stage with the intent to run the script, and deploys nothing', () => {
    given(...scriptOrder)
      .when(command('StartUpgrade'))
      .then(event('UpgradeStarted'), intent);
  });

  it('completes with the task as its build', () => {
    given(...ran)
      .when(command('CompleteUpgrade', { buildName: TASK.taskName }))
      .then(
        event('UpgradeCompleted', { buildName: TASK.taskName }),
        ...ordering({ strategy: 'script', deployed: { buildName: TASK.taskName } }, [
          event('PostUpgradePending'),
        ]),
      );
  });

  it('is not complete before Lagoon has taken the task', () => {
    given(...ran.slice(0, -1))
      .when(command('CompleteUpgrade', { buildName: TASK.taskName }))
      .thenRefused('step-not-reached');
  });

  it('fails like a deployment', () => {
    given(...ran)
      .when(command('FailUpgrade'))
      .then(event('UpgradeFailed'));
  });
});
