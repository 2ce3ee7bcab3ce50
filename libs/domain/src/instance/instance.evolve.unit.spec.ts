import { fold } from '../decider';
import {
  BUILD,
  command,
  event,
  DEPLOYED_ORDER,
  EXAMPLE_EVENT_DATA,
  LOCATED_ORDER,
} from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';
import { instanceDecider } from '../commands/instance.decider';
import { IllegalHistoryError } from './instance.errors';
import type { InstanceEvent, InstanceEventOf, InstanceEventType } from './instance.events';
import { resume } from './instance.evolve';
import { STATUS_BEFORE_STAGE } from '../status';
import { LIFECYCLE } from './instance.lifecycle';
import { UPGRADE_STAGES } from '../status';

const stateAfter = (...events: readonly InstanceEvent[]) => fold(instanceDecider, events);
const types = Object.keys(EXAMPLE_EVENT_DATA) as InstanceEventType[];

const isAccepted = (each: InstanceEvent): each is InstanceEventOf<'DeploymentAccepted'> =>
  each.type === 'DeploymentAccepted';

describe('a whole upgrade', () => {
  it('ends at rest, in the status it came from, and is remembered', () => {
    expect(stateAfter(...WHOLE_UPGRADE)).toEqual({
      kind: 'resting',
      status: 'running-healthy-claimed',
      profile: LOCATED_ORDER.profile,
      claim: 'running-healthy-claimed',
      lastUpgrade: {
        workOrder: DEPLOYED_ORDER,
        isCancelled: false,
        lateOutcomeSeen: false,
        stage: null,
        unsettled: null,
      },
      deployedRef: 'v2.1.0',
    });
  });

  it.each(WHOLE_UPGRADE.map((_, index) => index))('is legal up to event %i', (index) => {
    expect(() => stateAfter(...WHOLE_UPGRADE.slice(0, index))).not.toThrow();
  });
});

describe('an illegal history', () => {
  it.each(types.filter((type) => type !== 'InstanceRegistered'))(
    '%s is not the first event of an instance',
    (type) => {
      expect(() => stateAfter(event(type))).toThrow(IllegalHistoryError);
    },
  );

  it('does not register an instance twice', () => {
    const registered = event('InstanceRegistered');
    expect(() => stateAfter(registered, registered)).toThrow(IllegalHistoryError);
  });

  it('does not register an instance in the middle of an upgrade', () => {
    const registered = event('InstanceRegistered', { status: 'upgrade-running' });
    expect(() => stateAfter(registered)).toThrow(IllegalHistoryError);
  });

  it.each(types.filter((type) => !(LIFECYCLE[type].from as readonly string[]).includes('removed')))(
    '%s does not follow a removal',
    (type) => {
      const removed = event('InstanceRegistered', { status: 'removed' });
      expect(() => stateAfter(removed, event(type))).toThrow(IllegalHistoryError);
    },
  );
});

describe('resume', () => {
  it.each([
    'UpgradeRequested',
    'UpgradePending',
    'DeploymentAccepted',
    'PostUpgradePending',
    'PostUpgradeCompleted',
  ] as const)('after %s knows what the fold of the stream knows', (type) => {
    expect(resume(event(type))).toEqual(stateAfter(...upTo(type)));
  });

  it.each(['UpgradeRetried', 'UpgradeAbandoned'] as const)(
    'after %s knows what the fold of the stream knows',
    (type) => {
      const failed = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
      expect(resume(event(type))).toEqual(stateAfter(...failed, event(type)));
    },
  );

  it('knows nothing after an event that leaves something open', () => {
    const opening = types.filter((type) => resume(event(type)) !== null);
    expect(opening).toEqual([
      'UpgradeRequested',
      'UpgradePending',
      'DeploymentAccepted',
      'DeploymentCancelled',
      'ScriptCancelled',
      'PostUpgradePending',
      'PostUpgradeCompleted',
      'UpgradeRetried',
      'UpgradeAbandoned',
    ]);
  });
});

describe('resume after a cancel', () => {
  const cancelRequested = true;

  it('knows that no new effect may start once a build is found', () => {
    const accepted = ordering({ cancelRequested }, [event('DeploymentAccepted')]);
    const history = [...upTo('DeploymentRequested'), event('UpgradeCancelRequested'), ...accepted];
    expect(stateAfter(...history)).toEqual(accepted.filter(isAccepted).map(resume)[0]);
  });

  it('knows that the verification is one of a cancelled upgrade', () => {
    const stopped = event('DeploymentCancelled');
    const history = [...upTo('DeploymentProgressed'), event('UpgradeCancelRequested'), stopped];
    expect(stateAfter(...history)).toEqual(resume(stopped));
  });
});

describe('a call', () => {
  it.each(['CallAmbiguous', 'CallRefused', 'CallNotLanded'] as const)(
    'that was never asked for is not made up from %s',
    (type) => {
      const state = stateAfter(...upTo('UpgradeStarted'), event(type));
      expect(state).toEqual(stateAfter(...upTo('UpgradeStarted')));
    },
  );

  it('counts what became of it, and is in doubt only until the next one', () => {
    const answers = [event('CallAmbiguous'), event('CallNotLanded'), event('CallRefused')];
    const state = stateAfter(...upTo('DeploymentRequested'), ...answers);
    const counted = { callNo: 1, refusals: 1, notLanded: 1, isAmbiguous: true, isOpen: false };
    expect(state).toMatchObject({ call: counted });
    const next = event('DeploymentRequested', { callNo: 2 });
    expect(stateAfter(...upTo('DeploymentRequested'), ...answers, next)).toMatchObject({
      call: { ...counted, callNo: 2, isAmbiguous: false, isOpen: true },
    });
  });
});

describe('a call that was never sent', () => {
  it('is over, and counts as no refusal', () => {
    const unsent = event('CallRefused', { evidence: { cause: 'not-sent' } });
    expect(stateAfter(...upTo('DeploymentRequested'), unsent)).toMatchObject({
      call: { isOpen: false, refusals: 0 },
    });
  });
});

describe('progress of a deployment', () => {
  it('is kept with the build it belongs to', () => {
    expect(stateAfter(...upTo('DeploymentProgressed'))).toMatchObject({
      deployment: { callNo: 1, buildStep: 'Image Build', status: 'running' },
    });
  });

  it('without a call is no deployment', () => {
    const state = stateAfter(...upTo('UpgradeStarted'), event('DeploymentProgressed'));
    expect(state).toMatchObject({ deployment: null });
  });
});

describe("an operator's events", () => {
  const failed = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];

  it.each(UPGRADE_STAGES)('a retry from %s waits for that stage, as a new attempt', (fromStage) => {
    expect(stateAfter(...failed, event('UpgradeRetried', { fromStage }))).toMatchObject({
      kind: 'upgrading',
      status: STATUS_BEFORE_STAGE[fromStage],
      workOrder: { attempt: 2 },
      deployment: null,
    });
  });

  it('an abandoned upgrade is verified, then runs as before', () => {
    const abandoned = [...failed, event('UpgradeAbandoned')];
    expect(stateAfter(...abandoned)).toMatchObject({ status: 'post-upgrade-completed' });
    given(...abandoned)
      .when(command('VerifyHealthy', { attempt: 2 }))
      .then(event('InstanceVerifiedHealthy', { attempt: 2 }));
  });

  it('a cancelled upgrade is back where it came from', () => {
    const cancelled = [...HISTORY_INTO['pending-upgrade'], event('UpgradeCancelled')];
    expect(stateAfter(...cancelled)).toMatchObject({
      kind: 'resting',
      status: 'running-healthy-claimed',
      lastUpgrade: { isCancelled: true },
    });
  });

  it('a cancel that was asked for is written into the work order, and changes nothing else', () => {
    const before = HISTORY_INTO['upgrade-running'];
    expect(stateAfter(...before, event('UpgradeCancelRequested'))).toEqual({
      ...stateAfter(...before),
      workOrder: { ...LOCATED_ORDER, cancelRequested: true },
    });
  });

  it('a re-driven stage keeps its deployment and forgets what was parked', () => {
    const running = HISTORY_INTO['upgrade-running'];
    const redriven = [...running, event('StageParked'), event('StageRedriven')];
    expect(stateAfter(...redriven)).toMatchObject({
      deployment: { buildName: BUILD },
      notes: { parkedEventId: null, redriven: { n: 1, byWatchdog: 0 } },
    });
  });
});

describe('a late outcome', () => {
  const failed = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];

  it('is remembered with the upgrade that failed', () => {
    expect(stateAfter(...failed, event('LateOutcomeObserved'))).toMatchObject({
      kind: 'resting',
      status: 'upgrade-failed',
      lastUpgrade: { workOrder: LOCATED_ORDER, lateOutcomeSeen: true },
    });
  });

  it('of an upgrade this history does not hold changes nothing', () => {
    const imported = event('InstanceRegistered', { status: 'upgrade-failed' });
    expect(stateAfter(imported, event('LateOutcomeObserved'))).toEqual(stateAfter(imported));
  });

  it('that is a success puts the upgrade in flight again, with nothing left over', () => {
    const late = [event('LateOutcomeObserved'), event('PostUpgradePending')];
    expect(stateAfter(...failed, ...late)).toEqual(resume(event('PostUpgradePending')));
  });
});
