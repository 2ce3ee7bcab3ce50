import { event, ATTEMPT, FAILURE, LABELS, LOCATED } from '../testing/examples';
import {
  HISTORY_INTO,
  upTo,
  WHOLE_UPGRADE,
  FIRST_TIME,
  INSTANCE_ID,
  recorded,
} from '../testing/histories';
import type { InstanceEvent } from '../instance/instance.events';
import { evolve, INITIAL_STATE } from '../instance/instance.evolve';
import type { InstanceView } from './instance.view';
import { evolveInstanceView } from './instance.view';

function viewOf(...events: readonly InstanceEvent[]): InstanceView | null {
  return recorded(events).reduce<InstanceView | null>(evolveInstanceView, null);
}

const failed = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];

describe('the row of an instance', () => {
  it('begins with its registration', () => {
    expect(viewOf(event('InstanceRegistered'))).toEqual({
      instanceId: INSTANCE_ID,
      project: 'shop-berlin',
      projectId: LOCATED.projectId,
      environment: 'main',
      core: 'eu-1',
      app: 'anything-llm',
      labels: LABELS,
      status: 'running-healthy-claimed',
      statusLabel: 'Running healthy (claimed)',
      claimed: true,
      currentUpgradeId: null,
      lastUpgradeId: null,
      failureReason: null,
      reasonClass: null,
      revision: 0,
      registeredAt: FIRST_TIME,
      updatedAt: FIRST_TIME,
      state: evolve(INITIAL_STATE, event('InstanceRegistered')),
      unreadable: null,
    });
  });

  it('cannot begin with anything else', () => {
    expect(() => viewOf(event('UpgradeRequested'))).toThrow('UpgradeRequested came before');
  });

  it.each([
    ['running-healthy-claimed', true],
    ['running-healthy-unclaimed', false],
    ['post-deploy-completed', null],
  ] as const)('says of %s: claimed is %s', (status, claimed) => {
    expect(viewOf(event('InstanceRegistered', { status }))).toMatchObject({ status, claimed });
  });

  it('learns the side of the claim axis from the first healthy report, and keeps it', () => {
    const view = viewOf(
      event('InstanceRegistered', { status: 'post-deploy-completed' }),
      event('HealthReported', { status: 'running-healthy-unclaimed' }),
      event('HealthReported', { status: 'running-unhealthy' }),
    );
    expect(view).toMatchObject({ status: 'running-unhealthy', claimed: false });
  });

  it('names the upgrade in flight', () => {
    expect(viewOf(...upTo('DeploymentProgressed'))).toMatchObject({
      status: 'upgrade-running',
      statusLabel: 'Upgrade running',
      currentUpgradeId: ATTEMPT.upgradeId,
      lastUpgradeId: ATTEMPT.upgradeId,
      revision: 8,
      updatedAt: FIRST_TIME + 8000,
    });
  });

  it('names no upgrade in flight after its end', () => {
    expect(viewOf(...WHOLE_UPGRADE)).toMatchObject({
      status: 'running-healthy-claimed',
      currentUpgradeId: null,
      lastUpgradeId: ATTEMPT.upgradeId,
      failureReason: null,
    });
  });
});

describe('the state that commands are decided on', () => {
  it('is unknown from the first event on that the lifecycle forbids, and nothing else is', () => {
    const view = viewOf(
      ...upTo('PreUpgradeStarted'),
      event('UpgradePending'),
      event('UpgradeStarted'),
    );
    expect(view).toMatchObject({ status: 'upgrade-running', revision: 4, state: null });
  });
});

describe('an instance that was registered in the middle of an upgrade', () => {
  it('is shown, and nothing is decided on it', () => {
    const forged = event('InstanceRegistered', { status: 'upgrade-running' });
    expect(viewOf(forged)).toMatchObject({ status: 'upgrade-running', state: null });
  });
});

describe('why the last upgrade failed', () => {
  it('is shown by its present name and its class, whatever version recorded it', () => {
    const reason = 'no-active-deployment';
    const old = event('PreUpgradeFailed', { reason });
    expect(viewOf(...upTo('PreUpgradeStarted'), old)).toMatchObject({
      failureReason: 'deployment-active',
      reasonClass: 'busy',
    });
  });

  it('is said with the failure, and stays while late facts come in', () => {
    const { reason } = FAILURE;
    expect(viewOf(...failed)).toMatchObject({ status: 'upgrade-failed', failureReason: reason });
    expect(viewOf(...failed, event('LateOutcomeObserved'))).toMatchObject({
      failureReason: reason,
    });
  });

  it('stays said when the instance is healthy again: the upgrade failed all the same', () => {
    const view = viewOf(
      ...HISTORY_INTO['post-upgrade-completed'],
      event('InstanceFoundUnhealthy'),
      event('HealthReported', { status: 'running-healthy-claimed' }),
    );
    expect(view).toMatchObject({ failureReason: FAILURE.reason });
  });

  it('is no longer said when the upgrade goes on', () => {
    expect(viewOf(...failed, event('UpgradeRetried'))).toMatchObject({ failureReason: null });
  });
});
