import { fold } from '../decider';
import type { InstanceEvent } from '../instance/instance.events';
import { FAILED } from '../instance/instance.lifecycle';
import type { UpgradeStage } from '../status';
import { INSTANCE_STATUSES, isInFlight, IN_FLIGHT_STATUSES } from '../status';
import {
  BUILD,
  command,
  DEPLOYED_ORDER,
  event,
  LOCATED_ORDER,
  MARKER,
  OTHER_UPGRADE,
  WORK_ORDER,
} from '../testing/examples';
import { failedIn, UNDEPLOYED, TIMED_OUT, POST_FAILED, ILL } from '../testing/failed-upgrades';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';
import { instanceDecider } from './instance.decider';

const second = <Order extends object>(order: Order) => ({ ...order, attempt: 2 });
const retried = (order: object, fromStage: UpgradeStage, more: object = {}) =>
  event('UpgradeRetried', { workOrder: second(order) as never, fromStage, ...more });

const REPLACING = { ...LOCATED_ORDER, presentRef: 'v2.1.0' };

function withoutDeployed(each: InstanceEvent): InstanceEvent {
  if (!('workOrder' in each.data)) return each;
  const { deployed: _deployed, ...workOrder } = each.data.workOrder;
  return { ...each, data: { ...each.data, workOrder } } as InstanceEvent;
}

describe('RetryUpgrade', () => {
  it.each([
    ['pre-upgrade-running', 'PreUpgradeFailed', 'pre-upgrade', WORK_ORDER],
    ['pending-upgrade', 'UpgradeFailed', 'upgrade', LOCATED_ORDER],
    ['upgrade-running', 'UpgradeFailed', 'upgrade', LOCATED_ORDER],
    ['pending-post-upgrade', 'PostUpgradeFailed', 'post-upgrade', DEPLOYED_ORDER],
    ['post-upgrade-running', 'PostUpgradeFailed', 'post-upgrade', DEPLOYED_ORDER],
    ['post-upgrade-completed', 'InstanceFoundUnhealthy', 'poll-upgrade', DEPLOYED_ORDER],
    ['post-upgrade-completed', 'InstanceFoundUnresponsive', 'poll-upgrade', DEPLOYED_ORDER],
  ] as const)('after %s and %s begins with %s', (status, type, stage, order) => {
    given(...failedIn(status, type))
      .when(command('RetryUpgrade'))
      .then(retried(order, stage));
  });

  it('begins earlier if it is asked to, and deploys nothing again', () => {
    given(...POST_FAILED)
      .when(command('RetryUpgrade', { fromStage: 'pre-upgrade' }))
      .then(retried(DEPLOYED_ORDER, 'pre-upgrade'));
    const again = retried(DEPLOYED_ORDER, 'pre-upgrade');
    const { workOrder } = again.data;
    const started = event('PreUpgradeStarted', { attempt: 2 });
    const completed = command('CompletePreUpgrade', { attempt: 2 });
    given(...POST_FAILED, again, started)
      .when(completed)
      .then(
        event('PreUpgradeCompleted', { attempt: 2 }),
        event('PostUpgradePending', { workOrder }),
      );
  });

  it('does not deploy what is deployed already, unless it is asked to', () => {
    given(...ILL)
      .when(command('RetryUpgrade', { fromStage: 'upgrade' }))
      .thenRefused('already-deployed');
    given(...ILL)
      .when(command('RetryUpgrade', { fromStage: 'upgrade', redeploy: true }))
      .then(retried(REPLACING, 'upgrade', { redeploy: true }));
    given(...ILL)
      .when(command('RetryUpgrade', { redeploy: true }))
      .then(retried(REPLACING, 'upgrade', { redeploy: true }));
  });

  it.each(['post-upgrade', 'poll-upgrade'] as const)(
    'passes over no stage that is not complete: not to %s',
    (fromStage) => {
      given(...UNDEPLOYED)
        .when(command('RetryUpgrade', { fromStage }))
        .thenRefused('stage-not-reached');
    },
  );

  it('cannot redeploy and pass over the deployment', () => {
    given(...ILL)
      .when(command('RetryUpgrade', { fromStage: 'post-upgrade', redeploy: true }))
      .thenRefused('stage-not-reached');
  });

  it.each([
    ['a build that may still run', TIMED_OUT],
    [
      'a call that may still take effect',
      [
        ...HISTORY_INTO['pending-upgrade'],
        event('UpgradeStarted'),
        event('DeploymentRequested'),
        event('OutcomeUnknown'),
        event('UpgradeFailed', { reason: 'outcome-unknown' }),
      ],
    ],
    [
      'a script that may still run',
      [
        ...HISTORY_INTO['pre-upgrade-running'],
        event('ScriptRequested'),
        event('ScriptAccepted'),
        event('PreUpgradeFailed', { reason: 'stage-timed-out' }),
      ],
    ],
  ])('is refused while nobody knows what became of %s, also with redeploy', (_what, history) => {
    given(...history)
      .when(command('RetryUpgrade'))
      .thenRefused('outcome-unknown');
    given(...history)
      .when(command('RetryUpgrade', { redeploy: true }))
      .thenRefused('outcome-unknown');
  });

  it.each([
    ['Lagoon surely refused the call', failedIn('upgrade-running', 'UpgradeFailed')],
    [
      'Lagoon surely refused the call, in a history that says so in the failure alone',
      [...upTo('DeploymentRequested'), event('UpgradeFailed', { reason: 'deployment-refused' })],
    ],
    [
      'nothing was asked for',
      failedIn('pending-upgrade', 'UpgradeFailed', { reason: 'stage-timed-out' }),
    ],
    ['the outcome came late', [...TIMED_OUT, event('LateOutcomeObserved', { status: 'failed' })]],
    ['an operator resolved it', [...TIMED_OUT, event('OutcomeResolved')]],
  ])('is free once %s', (_what, history) => {
    given(...history)
      .when(command('RetryUpgrade'))
      .then(retried(LOCATED_ORDER, 'upgrade'));
  });

  it('changes the plan before the deployment, or with redeploy', () => {
    const plan = { strategy: 'branch-ref', target: { ref: 'v2.1.1' } } as const;
    given(...UNDEPLOYED)
      .when(command('RetryUpgrade', plan))
      .then(retried({ ...LOCATED_ORDER, ...plan }, 'upgrade'));
    given(...POST_FAILED)
      .when(command('RetryUpgrade', plan))
      .thenRefused('plan-change-too-late');
    given(...POST_FAILED)
      .when(command('RetryUpgrade', { ...plan, redeploy: true }))
      .then(retried({ ...REPLACING, ...plan }, 'upgrade', { redeploy: true }));
  });

  it('refuses a plan that does not fit, or is not permitted here', () => {
    given(...UNDEPLOYED)
      .when(command('RetryUpgrade', { strategy: 'promote' }))
      .thenRefused('invalid-target');
    const plan = { strategy: 'promote', target: { sourceEnvironment: 'staging' } } as const;
    given(...UNDEPLOYED)
      .when(command('RetryUpgrade', { ...plan, enabledStrategies: ['branch-ref'] }))
      .thenRefused('strategy-not-enabled');
  });

  it('deploys nothing again of an old history that does not say what was deployed', () => {
    const old = ordering({}, ILL).map((each) => withoutDeployed(each));
    given(...old)
      .when(command('RetryUpgrade', { fromStage: 'upgrade' }))
      .thenRefused('already-deployed');
  });

  it('remembers what the app runs while it is deployed again', () => {
    const plan = { strategy: 'branch-ref', target: { ref: 'v3.0.0' } } as const;
    const order = { ...LOCATED_ORDER, ...plan, presentRef: 'v2.1.0' };
    const again = retried(order, 'upgrade', { redeploy: true });
    const failed = event('UpgradeFailed', { attempt: 2 });
    const state = fold(instanceDecider, [...POST_FAILED, again, failed]);
    expect(state).toMatchObject({ deployedRef: 'v2.1.0' });
  });

  it('takes a cancel, a hold and a last moment to start out of the work order', () => {
    const gone = {
      cancelRequested: true,
      parked: true,
      startBy: '2026-03-01T09:00:00.000Z',
    } as const;
    given(...ordering(gone, UNDEPLOYED))
      .when(command('RetryUpgrade'))
      .then(retried(LOCATED_ORDER, 'upgrade'));
  });

  it('is refused after an upgrade that came to its end, and for another upgrade', () => {
    const ill = event('HealthReported', { status: 'running-unhealthy' });
    given(...WHOLE_UPGRADE, ill)
      .when(command('RetryUpgrade'))
      .thenRefused('nothing-to-retry');
    given(...UNDEPLOYED)
      .when(command('RetryUpgrade', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('nothing-to-retry');
  });

  it.each(IN_FLIGHT_STATUSES)('is refused in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('RetryUpgrade'))
      .thenRefused('upgrade-in-flight');
  });

  it.each(INSTANCE_STATUSES.filter((status) => !isInFlight(status)))(
    'is refused for an instance that was registered as %s and never upgraded',
    (status) => {
      const isFailed = (FAILED as readonly string[]).includes(status);
      given(event('InstanceRegistered', { status }))
        .when(command('RetryUpgrade'))
        .thenRefused(isFailed ? 'nothing-to-retry' : 'status-not-allowed');
    },
  );
});

describe('AbandonUpgrade', () => {
  it.each([
    ['pre-upgrade', WORK_ORDER, failedIn('pre-upgrade-running', 'PreUpgradeFailed')],
    ['upgrade', LOCATED_ORDER, UNDEPLOYED],
    ['post-upgrade', DEPLOYED_ORDER, POST_FAILED],
    ['poll-upgrade', DEPLOYED_ORDER, ILL],
  ] as const)(
    'has the instance verified, and remembers that %s is open',
    (leftAt, order, history) => {
      const workOrder = { ...second(order), leftAt };
      given(...history)
        .when(command('AbandonUpgrade'))
        .then(event('UpgradeAbandoned', { workOrder }));
    },
  );

  const abandoned = [...UNDEPLOYED, event('UpgradeAbandoned')];
  const sick = event('InstanceFoundUnhealthy', { attempt: 2 });

  it('leaves every way open if the instance does not prove its health', () => {
    given(...abandoned, sick)
      .when(command('AbandonUpgrade'))
      .then(
        event('UpgradeAbandoned', {
          workOrder: { ...LOCATED_ORDER, attempt: 3, leftAt: 'upgrade' },
        }),
      );
    given(...abandoned, sick)
      .when(command('RetryUpgrade'))
      .then(event('UpgradeRetried', { workOrder: { ...LOCATED_ORDER, attempt: 3 } }));
  });

  describe('while nobody knows what became of the deployment', () => {
    const unsettled = {
      effect: 'deployment',
      step: null,
      marker: MARKER,
      buildName: BUILD,
    } as const;
    const workOrder = { ...second(LOCATED_ORDER), leftAt: 'upgrade', unsettled } as const;
    const accepted = event('UpgradeAbandoned', { workOrder });

    it('remembers that nobody does', () => {
      given(...TIMED_OUT)
        .when(command('AbandonUpgrade'))
        .then(accepted);
    });

    it('frees no retry if the instance is found ill, until it is resolved', () => {
      given(...TIMED_OUT, accepted, sick)
        .when(command('RetryUpgrade'))
        .thenRefused('outcome-unknown');
      given(...TIMED_OUT, accepted, sick, event('OutcomeResolved'))
        .when(command('RetryUpgrade'))
        .then(event('UpgradeRetried', { workOrder: { ...LOCATED_ORDER, attempt: 3 } }));
    });

    it('frees no other upgrade of an app that is well, until it is resolved', () => {
      const well = event('InstanceVerifiedHealthy', { attempt: 2 });
      const next = command('RequestUpgrade', { upgradeId: OTHER_UPGRADE });
      given(...TIMED_OUT, accepted, well)
        .when(next)
        .thenRefused('outcome-unknown');
      given(...TIMED_OUT, accepted, sick)
        .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE, repair: true }))
        .thenRefused('outcome-unknown');
      given(...TIMED_OUT, accepted, well)
        .when(command('ConfirmResolution', { attempt: 2 }))
        .then(event('OutcomeResolved', { attempt: 2 }));
      given(...TIMED_OUT, accepted, well, event('OutcomeResolved', { attempt: 2 }))
        .when(next)
        .then(
          event('UpgradeRequested', { workOrder: { ...WORK_ORDER, upgradeId: OTHER_UPGRADE } }),
        );
    });

    it('goes on after the deployment if it was complete after all', () => {
      given(...TIMED_OUT, accepted, sick)
        .when(command('ConfirmResolution', { attempt: 2 }))
        .then(
          event('OutcomeResolved', { attempt: 2 }),
          event('LateOutcomeObserved', { attempt: 2 }),
          event('PostUpgradePending', { workOrder: { ...DEPLOYED_ORDER, attempt: 3 } }),
        );
    });
  });

  it('is refused after an upgrade that came to its end', () => {
    const ill = event('HealthReported', { status: 'running-unhealthy' });
    given(...WHOLE_UPGRADE, ill)
      .when(command('AbandonUpgrade'))
      .thenRefused('nothing-to-abandon');
  });
});
