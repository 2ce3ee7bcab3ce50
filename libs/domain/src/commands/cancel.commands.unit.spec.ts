import type { InstanceEvent } from '../instance/instance.events';
import { command, event, LOCATED, MARKER, SCRIPT_MARKER, TASK } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo } from '../testing/histories';
import {
  UNSCRIPTED,
  VARIABLES,
  SCRIPT,
  plain,
  asked,
  requested,
  accepted,
  stopping,
  cancelled,
  stopped,
  failed,
  verifying,
  taken,
  preScript,
  upgradeScript,
  setting,
} from '../testing/cancelled-upgrades';

describe('after a cancel no new effect starts', () => {
  it.each([
    ['RepeatCall', [event('CallNotLanded'), cancelled]],
    ['RefuseCall', [event('CallRefused'), cancelled]],
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

  it.each([
    ['RepeatCall', 'CallNotLanded'],
    ['RefuseCall', 'CallRefused'],
  ] as const)('%s of a script that never ran ends the upgrade at once', (type, proof) => {
    given(...upgradeScript, asked)
      .when(command(type, { marker: `${MARKER}-script` }))
      .then(event(proof), cancelled);
    given(...preScript, asked)
      .when(command(type, { marker: SCRIPT_MARKER }))
      .then(event(proof), cancelled);
  });

  it.each([
    ['RepeatCall', 'CallNotLanded'],
    ['RefuseCall', 'CallRefused'],
  ] as const)('%s ends it with a proof of health where a script ran before', (type, proof) => {
    given(...upTo('DeploymentRequested'), asked)
      .when(command(type))
      .then(event(proof), verifying('upgrade'));
  });

  it.each([
    ['RequestScript', [...preScript, asked], { step: 'pre-upgrade' }],
    ['CompletePreUpgrade', [...preScript, taken, asked], {}],
    ['RequestVariables', [...setting, asked], {}],
    ['StartUpgrade', [...setting, event('VariablesSet'), asked], {}],
    ['StartUpgrade', [...plain(HISTORY_INTO['pending-upgrade']), asked], {}],
  ] as const)('%s is not due any more', (type, history, changes) => {
    given(...history)
      .when(command(type, changes))
      .thenNothing();
  });

  it('a variable that is set all the same is known, and nothing is rolled out', () => {
    given(...setting, asked)
      .when(command('RecordVariables'))
      .then(event('VariablesSet'), verifying('upgrade', VARIABLES));
  });

  it('a variable that is refused ends the cancel, not the upgrade in a failure', () => {
    given(...setting, asked)
      .when(command('FailUpgrade', { reason: 'variables-refused' }))
      .then(verifying('upgrade', VARIABLES));
  });

  it('a build that is found all the same is followed, to be stopped', () => {
    const order = { ...UNSCRIPTED, cancelRequested: true } as const;
    const [found = asked] = ordering(order, [event('DeploymentAccepted')]);
    given(...requested, asked)
      .when(command('AcceptDeployment'))
      .then(found);
  });

  it('a task that is found all the same is followed, to be stopped', () => {
    given(...preScript, asked)
      .when(command('AcceptScript'))
      .then(taken);
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

  it.each([
    ['a build that never was when one is known', stopping, null],
    ['the end of a build that is not followed', stopping, 'lagoon-build-zzz'],
    ['a build when nobody asked: it can be cancelled by others', accepted, undefined],
    ['a build when it is confirmed', [...stopping, stopped], undefined],
    [
      'a build where a script runs',
      [...upgradeScript, event('ScriptAccepted', { step: 'upgrade' }), asked],
      TASK.taskName,
    ],
  ])('is quiet about %s', (_what, history, buildName) => {
    given(...history)
      .when(command('ConfirmCancel', buildName === undefined ? {} : { buildName }))
      .thenNothing();
  });

  it('is refused before the stage has begun', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('ConfirmCancel'))
      .thenRefused('step-not-reached');
  });
});

describe('ConfirmScriptCancel', () => {
  const ended = (outcome: string) => command('ConfirmScriptCancel', { outcome });
  const proving = (told: InstanceEvent, outcome: string) =>
    ({ ...told, data: { ...told.data, outcome } }) as InstanceEvent;

  it.each(['cancelled', 'complete', 'failed'])(
    'leads to a proof of health, where Lagoon said the app lives: the pre-upgrade script ended as %s',
    (outcome) => {
      given(...preScript, taken, asked)
        .when(ended(outcome))
        .then(proving(verifying('pre-upgrade', { located: LOCATED }, TASK), outcome));
    },
  );

  it('leads to a proof of health after a script that was the upgrade', () => {
    given(...upgradeScript, event('ScriptAccepted', { step: 'upgrade' }), asked)
      .when(ended('complete'))
      .then(proving(verifying('upgrade', SCRIPT, TASK), 'complete'));
  });

  it('leads to a proof of health once no variable will be set any more', () => {
    given(...setting, asked)
      .when(command('ConfirmScriptCancel', { task: null, outcome: null }))
      .then(verifying('upgrade', VARIABLES));
  });

  it.each([
    ['nobody asked', [...preScript, taken]],
    ['the call may still land', [...preScript, asked]],
    [
      'another task is followed',
      [...preScript, event('ScriptAccepted', { task: { ...TASK, taskId: 1 } }), asked],
    ],
    ['it is confirmed', [...preScript, taken, asked, verifying('pre-upgrade')]],
  ])('is quiet when %s', (_when, history) => {
    given(...history)
      .when(command('ConfirmScriptCancel'))
      .thenNothing();
  });
});

describe('a script that ends while its cancel is worked on', () => {
  it.each([
    ['CompletePreUpgrade', [...preScript, taken, asked], {}],
    ['FailPreUpgrade', [...preScript, taken, asked], {}],
    ['FailPreUpgrade', [...preScript, asked], {}],
    [
      'CompleteUpgrade',
      [...upgradeScript, event('ScriptAccepted', { step: 'upgrade' }), asked],
      { buildName: TASK.taskName },
    ],
    ['FailUpgrade', [...upgradeScript, event('ScriptAccepted', { step: 'upgrade' }), asked], {}],
  ] as const)('%s leaves the end to the worker of the cancel', (type, history, changes) => {
    given(...history)
      .when(command(type, changes))
      .thenNothing();
  });
});

describe('a cancel that Lagoon refuses or ignores', () => {
  const report = command('ReportCancelWithoutEffect');
  const told = event('CancelWithoutEffect');

  it('is told once, and the cancel goes on', () => {
    given(...preScript, taken, asked)
      .when(report)
      .then(told);
    given(...preScript, taken, asked, told)
      .when(report)
      .thenNothing();
    given(...preScript, taken, asked, told)
      .when(command('ConfirmScriptCancel', { outcome: 'complete' }))
      .then({
        ...verifying('pre-upgrade', { located: LOCATED }, TASK),
        data: {
          ...verifying('pre-upgrade', { located: LOCATED }, TASK).data,
          outcome: 'complete',
        },
      } as InstanceEvent);
  });

  it.each([
    ['nobody asked for', [...preScript, taken], {}],
    ['of another task', [...preScript, taken, asked], { name: 'lagoon-task-other' }],
    ['of an attempt that is over', [...preScript, taken, asked, verifying('pre-upgrade')], {}],
  ])('says nothing of a cancel %s', (_what, history, changes) => {
    given(...history)
      .when(command('ReportCancelWithoutEffect', changes))
      .thenNothing();
  });
});

describe('a cancel and a success that race', () => {
  it('cancel first, then complete: it was too late, and the upgrade goes on without it', () => {
    given(...stopping)
      .when(command('CompleteUpgrade'))
      .then(
        event('UpgradeCancelTooLate'),
        event('UpgradeCompleted'),
        ...plain([event('PostUpgradePending')]),
      );
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
      .when(command('FailUpgrade', { reason: 'deployment-failed' }))
      .then(failed);
  });

  it('a build that somebody else cancelled just before counts as stopped', () => {
    given(...stopping)
      .when(command('FailUpgrade', { reason: 'deployment-cancelled' }))
      .then(stopped);
  });
});

describe('the verification after a cancel', () => {
  const { probes } = event('InstanceVerifiedHealthy').data;
  const ENDS: readonly (readonly [string, readonly InstanceEvent[]])[] = [
    ['a deployment', [...stopping, stopped]],
    ['a pre-upgrade script', [...preScript, taken, asked, verifying('pre-upgrade')]],
    ['a script', [...upgradeScript, asked, verifying('upgrade', SCRIPT)]],
    ['variables', [...setting, asked, verifying('upgrade', VARIABLES)]],
  ];

  it.each(ENDS)(
    'of %s brings the instance back where it came from, with the proof',
    (_, history) => {
      given(...history)
        .when(command('VerifyHealthy'))
        .then(event('UpgradeCancelled', { probes }));
    },
  );

  it.each(ENDS)('of %s ends it as a failure when the stop did harm', (_what, history) => {
    given(...history)
      .when(command('FindUnhealthy'))
      .then(event('InstanceFoundUnhealthy'));
    given(...history)
      .when(command('FindUnresponsive'))
      .then(event('InstanceFoundUnresponsive'));
  });

  it('brings a repaired instance back healthy', () => {
    const repair = { repairs: 'running-unhealthy' } as const;
    given(...ordering(repair, [...stopping, stopped]))
      .when(command('VerifyHealthy'))
      .then(event('UpgradeCancelled', { probes }));
  });

  it('is not due again once the upgrade is cancelled', () => {
    given(...stopping, stopped, cancelled)
      .when(command('VerifyHealthy'))
      .thenNothing();
  });
});
