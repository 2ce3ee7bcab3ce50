import { fold } from '../decider';
import type { InstanceEvent } from '../instance/instance.events';
import type { ScriptStep } from '../instance/work-order';
import {
  BUILD,
  command,
  event,
  LOCATED,
  MARKER,
  OTHER_UPGRADE,
  SCRIPT_MARKER,
  TASK,
} from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo } from '../testing/histories';
import { instanceDecider } from './instance.decider';

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

describe('RecordLateOutcome of a script', () => {
  const before = (step: ScriptStep) => [
    ...HISTORY_INTO[`${step}-running`].filter(({ type }) => type !== 'DeploymentAccepted'),
    event('ScriptRequested', { step }),
    event('ScriptAccepted', { step }),
  ];
  const FAILED_AS = {
    'pre-upgrade': 'PreUpgradeFailed',
    upgrade: 'UpgradeFailed',
    'post-upgrade': 'PostUpgradeFailed',
  } as const;
  const givenUp = (step: ScriptStep, ...asked: readonly InstanceEvent[]) =>
    given(...before(step), ...asked, event(FAILED_AS[step], { reason: 'stage-timed-out' }));
  const report = (step: ScriptStep, status: string) =>
    command('RecordLateOutcome', { step, status, task: TASK, buildName: TASK.taskName });
  const seen = (step: ScriptStep, status: string) =>
    event('LateOutcomeObserved', { step, status, buildName: TASK.taskName });

  it.each(['complete', 'failed', 'cancelled', 'not-landed'])(
    'of the pre-upgrade settles what became of it, no more: %s',
    (status) => {
      givenUp('pre-upgrade').when(report('pre-upgrade', status)).then(seen('pre-upgrade', status));
    },
  );

  it('that was the upgrade is taken up where it left off', () => {
    givenUp('upgrade')
      .when(report('upgrade', 'complete'))
      .then(
        seen('upgrade', 'complete'),
        ...ordering({ deployed: { buildName: TASK.taskName } }, goesOn),
      );
  });

  it('of the post-upgrade leads on to the verification', () => {
    const [completed = late] = ordering({ attemptMs }, [
      event('PostUpgradeCompleted', { task: TASK }),
    ]);
    givenUp('post-upgrade')
      .when(report('post-upgrade', 'complete'))
      .then(seen('post-upgrade', 'complete'), completed);
    givenUp('post-upgrade')
      .when(report('post-upgrade', 'failed'))
      .then(seen('post-upgrade', 'failed'));
  });

  it.each([
    ['pre-upgrade', 'complete'],
    ['pre-upgrade', 'cancelled'],
    ['upgrade', 'complete'],
    ['upgrade', 'failed'],
  ] as const)('of the %s leads a cancel to its proof of health: %s', (step, outcome) => {
    const order = { attemptMs, leftAt: step, located: LOCATED };
    const [verifying = late] = ordering(order, [
      event('ScriptCancelled', { step, task: TASK, outcome }),
    ]);
    givenUp(step, event('UpgradeCancelRequested'))
      .when(report(step, outcome))
      .then(seen(step, outcome), verifying);
  });

  it.each([
    ['post-upgrade', 'pre-upgrade'],
    ['pre-upgrade', 'upgrade'],
  ] as const)('is quiet when the %s failed, and it is one of the %s', (step, other) => {
    givenUp(step).when(report(other, 'complete')).thenNothing();
  });

  it('is noted once', () => {
    given(
      ...before('pre-upgrade'),
      event('PreUpgradeFailed', { reason: 'stage-timed-out' }),
      seen('pre-upgrade', 'complete'),
    )
      .when(report('pre-upgrade', 'complete'))
      .thenNothing();
  });
});

describe('what an ended attempt left in Lagoon', () => {
  const after = (...events: readonly InstanceEvent[]) => {
    const state = fold(instanceDecider, events);
    return state.kind === 'resting' ? state.lastUpgrade?.unsettled : undefined;
  };
  const timedOut = { reason: 'stage-timed-out' };
  const intent = event('ScriptRequested');

  it('is a build', () => {
    const marker = MARKER;
    const build = { effect: 'deployment', step: null, marker };
    expect(after(...accepted, event('UpgradeFailed', timedOut))).toEqual({
      ...build,
      buildName: BUILD,
    });
    const unnamed = [...upTo('DeploymentRequested'), event('UpgradeFailed', timedOut)];
    expect(after(...unnamed)).toEqual({ ...build, buildName: null });
  });

  it('is a task', () => {
    const task = { effect: 'script', step: 'pre-upgrade', marker: SCRIPT_MARKER };
    const running = [...HISTORY_INTO['pre-upgrade-running'], intent];
    const end = event('PreUpgradeFailed', timedOut);
    expect(after(...running, end)).toEqual({ ...task, buildName: null });
    expect(after(...running, event('ScriptAccepted'), end)).toEqual({
      ...task,
      buildName: TASK.taskName,
    });
  });

  it('is a call that may still land, whatever the attempt failed for', () => {
    const running = [...HISTORY_INTO['pre-upgrade-running'], intent];
    const end = event('PreUpgradeFailed', { reason: 'deployment-active' });
    expect(after(...running, end)).toMatchObject({ marker: SCRIPT_MARKER });
    expect(after(...running, event('CallRefused'), end)).toBeNull();
  });

  it.each([
    [
      'where nothing was asked for',
      [...HISTORY_INTO['pre-upgrade-running'], event('PreUpgradeFailed', timedOut)],
    ],
    ['where the failure says how it ended', failed],
    [
      'once its outcome is seen',
      [
        ...accepted,
        event('UpgradeFailed', timedOut),
        event('LateOutcomeObserved', { status: 'failed' }),
      ],
    ],
  ])('is nothing %s', (_what, history) => {
    expect(after(...history)).toBeNull();
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
