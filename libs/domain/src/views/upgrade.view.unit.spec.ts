import { event, ATTEMPT, BUILD, FAILURE, OTHER_UPGRADE, WORK_ORDER } from '../testing/examples';
import {
  HISTORY_INTO,
  upTo,
  WHOLE_UPGRADE,
  FIRST_TIME,
  INSTANCE_ID,
  recorded,
} from '../testing/histories';
import type { InstanceEvent } from '../instance/instance.events';
import { UPGRADE_STAGES } from '../status';
import { evolveUpgradeView } from './upgrade.view';
import type { UpgradeView } from './upgrade.view';
import { durationOf } from './upgrade.view';

function viewOf(...events: readonly InstanceEvent[]): UpgradeView | null {
  return recorded(events).reduce<UpgradeView | null>(evolveUpgradeView, null);
}

const at = (revision: number) => FIRST_TIME + revision * 1000;
const running = HISTORY_INTO['upgrade-running'];
const failed = [...running, event('UpgradeFailed')];

describe('the row of an upgrade', () => {
  it('does not exist before the request', () => {
    expect(viewOf(event('InstanceRegistered'), event('PreUpgradeStarted'))).toBeNull();
  });

  it('begins with the request', () => {
    expect(viewOf(...upTo('UpgradeRequested'))).toEqual({
      upgradeId: ATTEMPT.upgradeId,
      instanceId: INSTANCE_ID,
      attempt: 1,
      strategy: 'branch-ref',
      target: { ref: 'v2.1.0' },
      originStatus: 'running-healthy-claimed',
      requestedBy: 'operator-7',
      reason: 'security release',
      rolloutId: null,
      priority: null,
      startBy: null,
      repairs: null,
      rollsBack: null,
      outcome: 'in-flight',
      stage: 'pre-upgrade',
      stages: { 'pre-upgrade': { queuedAt: at(1), startedAt: null, endedAt: null } },
      calls: 0,
      buildName: null,
      buildStatus: null,
      buildStep: null,
      warnings: false,
      failure: null,
      reasonClass: null,
      requestedAt: at(1),
      endedAt: null,
      isAbandoned: false,
      revision: 1,
    });
  });

  it('shows the build while it runs', () => {
    expect(viewOf(...upTo('DeploymentProgressed'))).toMatchObject({
      stage: 'upgrade',
      calls: 1,
      buildName: BUILD,
      buildStatus: 'running',
      buildStep: 'Image Build',
      revision: 8,
    });
  });

  it('ends as a success with the times of every stage', () => {
    expect(viewOf(...WHOLE_UPGRADE)).toMatchObject({
      outcome: 'succeeded',
      stage: null,
      stages: {
        'pre-upgrade': { queuedAt: at(1), startedAt: at(2), endedAt: at(3) },
        upgrade: { queuedAt: at(4), startedAt: at(5), endedAt: at(9) },
        'post-upgrade': { queuedAt: at(10), startedAt: at(11), endedAt: at(12) },
        verify: { queuedAt: at(12), startedAt: at(12), endedAt: at(13) },
      },
      buildStatus: 'complete',
      endedAt: at(13),
      failure: null,
    });
  });

  describe('a stage whose start was recorded together with what came of it', () => {
    it.each([
      [[event('PreUpgradeCompleted', { activeMs: 700 })]],
      [[event('PreUpgradeFailed', { activeMs: 700 })]],
    ])('took the time that its worker measured', (ends) => {
      const view = viewOf(...upTo('PreUpgradeStarted'), ...ends);
      expect(view).toMatchObject({
        stages: { 'pre-upgrade': { startedAt: at(3) - 700, endedAt: at(3) } },
      });
    });

    it('took no longer than it was open', () => {
      const completed = event('PreUpgradeCompleted', { activeMs: 60_000 });
      const view = viewOf(...upTo('PreUpgradeStarted'), completed);
      expect(view).toMatchObject({ stages: { 'pre-upgrade': { startedAt: at(1) } } });
    });

    it('is timed like any other after the build', () => {
      const started = upTo('PostUpgradeStarted');
      const ended = [
        event('PostUpgradeCompleted', { activeMs: 900 }),
        event('PostUpgradeFailed', { activeMs: 900 }),
      ].map((end) => viewOf(...started, end)?.stages['post-upgrade']);
      const times = { queuedAt: at(10), startedAt: at(12) - 900, endedAt: at(12) };
      expect(ended).toEqual([times, times]);
    });

    it('never began if it failed before', () => {
      const failure = event('PreUpgradeFailed', { activeMs: 60_000 });
      expect(viewOf(...upTo('UpgradeRequested'), failure)).toMatchObject({
        stages: { 'pre-upgrade': { startedAt: null, endedAt: at(2) } },
      });
    });
  });

  it('ends as a failure, with its reason, in the stage it happened in', () => {
    const { reason, evidence, retryable } = FAILURE;
    expect(viewOf(...failed)).toMatchObject({
      outcome: 'failed',
      stage: null,
      stages: { upgrade: { queuedAt: at(4), startedAt: at(5), endedAt: at(8) } },
      failure: { reason, reasonClass: 'lagoon-refused', evidence, retryable },
      endedAt: at(8),
    });
  });

  it('ends as cancelled', () => {
    const cancelled = [...HISTORY_INTO['pending-upgrade'], event('UpgradeCancelled')];
    expect(viewOf(...cancelled)).toMatchObject({ outcome: 'cancelled', endedAt: at(5) });
  });

  it.each(UPGRADE_STAGES)('goes on when it is retried from %s', (fromStage) => {
    const stage = fromStage === 'poll-upgrade' ? 'verify' : fromStage;
    expect(viewOf(...failed, event('UpgradeRetried', { fromStage }))).toMatchObject({
      outcome: 'in-flight',
      attempt: 2,
      stage,
      stages: {
        [stage]: { queuedAt: at(9), startedAt: stage === 'verify' ? at(9) : null, endedAt: null },
      },
      calls: 0,
      buildName: null,
      buildStatus: null,
      failure: null,
      endedAt: null,
    });
  });

  it('is verified when it is accepted as it is, and ends as abandoned', () => {
    const abandoned = [...failed, event('UpgradeAbandoned')];
    expect(viewOf(...abandoned)).toMatchObject({
      outcome: 'in-flight',
      stage: 'verify',
      endedAt: null,
    });
    expect(viewOf(...abandoned, event('InstanceVerifiedHealthy'))).toMatchObject({
      outcome: 'abandoned',
      failure: null,
    });
    expect(viewOf(...abandoned, event('InstanceFoundUnhealthy'))).toMatchObject({
      outcome: 'failed',
    });
  });

  it('is a success when it is retried after it was accepted in vain', () => {
    const ill = [...failed, event('UpgradeAbandoned'), event('InstanceFoundUnhealthy')];
    const retried = [...ill, event('UpgradeRetried'), event('InstanceVerifiedHealthy')];
    expect(viewOf(...retried)).toMatchObject({ outcome: 'succeeded' });
  });

  it('forgets the stages behind the one it is retried from', () => {
    const late = [...HISTORY_INTO['post-upgrade-completed'], event('InstanceFoundUnhealthy')];
    const retried = viewOf(...late, event('UpgradeRetried', { fromStage: 'upgrade' }));
    expect(Object.keys(retried?.stages ?? {})).toEqual(['pre-upgrade', 'upgrade']);
  });

  it('keeps what is deployed already when it is retried behind the deployment', () => {
    const late = [...HISTORY_INTO['post-upgrade-running'], event('PostUpgradeFailed')];
    const workOrder = { ...WORK_ORDER, attempt: 2, deployed: { buildName: BUILD } };
    const retried = event('UpgradeRetried', { fromStage: 'post-upgrade', workOrder });
    expect(viewOf(...late, retried)).toMatchObject({ buildName: BUILD, buildStatus: 'complete' });
  });

  it('says that it passes the queue, repairs, rolls back or expires', () => {
    const asked = {
      startBy: '2026-12-01T06:00:00.000Z',
      repairs: 'running-unhealthy',
      rollsBack: OTHER_UPGRADE,
    } as const;
    const requested = event('UpgradeRequested', { workOrder: { ...WORK_ORDER, ...asked } });
    const view = viewOf(event('InstanceRegistered'), requested, event('UpgradePrioritized'));
    expect(view).toMatchObject({ ...asked, priority: 'urgent' });
  });

  it('follows the newest of several builds, of which nothing was seen yet', () => {
    const builds = ['lagoon-build-zzz', BUILD];
    const progressed = upTo('DeploymentProgressed');
    expect(viewOf(...progressed, event('DuplicateBuildDetected', { builds }))).toMatchObject({
      buildName: 'lagoon-build-zzz',
      buildStatus: null,
      buildStep: null,
    });
  });

  it.each([
    ['the newest is followed already', upTo('DeploymentProgressed'), { buildStatus: 'running' }],
    ['none is followed yet', upTo('DeploymentRequested'), { buildName: null }],
  ])('keeps its build when there are several and %s', (_when, history, expected) => {
    expect(viewOf(...history, event('DuplicateBuildDetected'))).toMatchObject(expected);
  });

  it('counts the calls for a script in place of a deployment, and no other script', () => {
    const asked = (step: 'pre-upgrade' | 'upgrade') =>
      event('ScriptRequested', { step, callNo: 2 });
    expect(viewOf(...upTo('PreUpgradeStarted'), asked('pre-upgrade'))).toMatchObject({ calls: 0 });
    expect(viewOf(...upTo('UpgradeStarted'), asked('upgrade'))).toMatchObject({ calls: 2 });
  });

  it('times a stage from its beginning when nothing has opened it', () => {
    const view = viewOf(...upTo('UpgradeRequested'), event('UpgradeStarted'));
    expect(view?.stages.upgrade).toEqual({ queuedAt: at(2), startedAt: at(2), endedAt: null });
  });

  it('takes no notice of events outside it', () => {
    const before = viewOf(...WHOLE_UPGRADE);
    expect(viewOf(...WHOLE_UPGRADE, event('HealthReported'))).toEqual(before);
    const other = event('PreUpgradeStarted', { upgradeId: OTHER_UPGRADE });
    expect(viewOf(...WHOLE_UPGRADE, other)).toEqual(before);
  });
});

describe('the row of an upgrade that is cancelled', () => {
  const stopped = [...running, event('UpgradeCancelRequested'), event('DeploymentCancelled')];

  it('goes on in flight while its worker stops the build', () => {
    expect(viewOf(...running, event('UpgradeCancelRequested'))).toMatchObject({
      outcome: 'in-flight',
      stage: 'upgrade',
    });
  });

  it('is verified once the build is stopped', () => {
    expect(viewOf(...stopped)).toMatchObject({
      outcome: 'in-flight',
      stage: 'verify',
      buildStatus: 'cancelled',
      stages: {
        upgrade: { endedAt: at(9) },
        verify: { queuedAt: at(9), startedAt: at(9), endedAt: null },
      },
    });
  });

  it('ends as cancelled, with its verification', () => {
    expect(viewOf(...stopped, event('UpgradeCancelled'))).toMatchObject({
      outcome: 'cancelled',
      stage: null,
      stages: { verify: { endedAt: at(10) } },
      failure: null,
      endedAt: at(10),
    });
  });
});

describe('the row of an upgrade whose deployment ends late', () => {
  const late = event('LateOutcomeObserved');

  it('stays a failure, and says how the deployment ended', () => {
    expect(viewOf(...failed, event('LateOutcomeObserved', { status: 'failed' }))).toMatchObject({
      outcome: 'failed',
      buildStatus: 'failed',
      endedAt: at(8),
    });
  });

  it('is in flight again after a success, with nothing left of the failure', () => {
    expect(viewOf(...failed, late, event('PostUpgradePending'))).toMatchObject({
      outcome: 'in-flight',
      stage: 'post-upgrade',
      stages: {
        upgrade: { endedAt: at(8) },
        'post-upgrade': { queuedAt: at(10), startedAt: null, endedAt: null },
      },
      buildStatus: 'complete',
      failure: null,
      endedAt: null,
    });
  });
});

describe('the duration of a stage', () => {
  it('is split into waiting and work', () => {
    expect(durationOf({ queuedAt: 1, startedAt: 4, endedAt: 9 })).toEqual({
      queuedMs: 3,
      activeMs: 5,
    });
  });

  it('is open while the stage waits or runs, and if it ended without having begun', () => {
    const open = { queuedMs: null, activeMs: null };
    expect(durationOf({ queuedAt: 1, startedAt: null, endedAt: null })).toEqual(open);
    expect(durationOf({ queuedAt: 1, startedAt: null, endedAt: 9 })).toEqual(open);
    expect(durationOf({ queuedAt: 1, startedAt: 4, endedAt: null })).toEqual({
      queuedMs: 3,
      activeMs: null,
    });
  });
});
