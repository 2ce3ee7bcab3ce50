import { fold } from '../decider';
import type { InstanceProfile } from '../instance/instance.profile';
import { isInFlight, INSTANCE_STATUSES, RESTING_STATUSES } from '../status';
import {
  ASKED,
  command,
  event,
  LOCATED_ORDER,
  MARKER,
  OTHER_PROFILE,
  PROFILE,
} from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import { instanceDecider } from './instance.decider';
import type { ProfileChanges } from './registration.commands';

const inFlight = INSTANCE_STATUSES.filter(isInFlight);
const REGISTERED = event('InstanceRegistered');
const FAILED = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
const UNSETTLED = [
  ...HISTORY_INTO['upgrade-running'],
  event('UpgradeFailed', { reason: 'stage-timed-out' }),
];

const update = (changes: ProfileChanges, more: { environmentId?: string } = {}) =>
  command('UpdateInstance', { changes, ...more });
const updatedTo = (profile: InstanceProfile, more: { environmentId?: string } = {}) =>
  ({ type: 'InstanceUpdated', data: { profile, ...more, ...ASKED } }) as const;

describe('UpdateInstance', () => {
  it('puts each member that it names in the place of the one before', () => {
    given(REGISTERED)
      .when(command('UpdateInstance'))
      .then({ type: 'InstanceUpdated', data: { profile: OTHER_PROFILE, ...ASKED } });
  });

  it('gives the labels alone', () => {
    const labels = { tenant: 'hamburg' };
    given(REGISTERED)
      .when(command('UpdateInstance', { changes: {}, labels }))
      .then({ type: 'InstanceUpdated', data: { profile: PROFILE, labels, ...ASKED } });
  });

  it('is quiet where everything is as it says', () => {
    const { healthProbe, scripts } = PROFILE;
    given(REGISTERED).when(update({ healthProbe, scripts })).thenNothing();
  });

  it.each(inFlight)(
    'is for the next upgrade in status %s, and builds on the update before',
    (status) => {
      const plan = { upgrade: { strategy: 'redeploy-latest', target: null } } as const;
      given(...HISTORY_INTO[status], event('InstanceUpdated'))
        .when(update(plan))
        .then(updatedTo({ ...OTHER_PROFILE, ...plan }));
      const state = fold(instanceDecider, [...HISTORY_INTO[status], event('InstanceUpdated')]);
      expect(state).toMatchObject({
        workOrder: { profile: PROFILE, nextProfile: OTHER_PROFILE },
      });
    },
  );

  it('is what the upgrade after that goes by', () => {
    const updated = [...HISTORY_INTO['post-upgrade-completed'], event('InstanceUpdated')];
    const ended = [...updated, event('InstanceVerifiedHealthy')];
    expect(fold(instanceDecider, ended)).toMatchObject({
      profile: OTHER_PROFILE,
      lastUpgrade: { workOrder: { profile: OTHER_PROFILE } },
    });
  });

  it('is what a retry of a failed upgrade goes by', () => {
    const state = fold(instanceDecider, [...FAILED, event('InstanceUpdated')]);
    const [retried] = instanceDecider.decide(command('RetryUpgrade'), state);
    expect(retried).toMatchObject({ data: { workOrder: { attempt: 2, profile: OTHER_PROFILE } } });
  });

  it('is refused with a probe or a plan that does not fit', () => {
    given(REGISTERED)
      .when(update({ healthProbe: { ...PROFILE.healthProbe, kind: 'task' } }))
      .thenRefused('invalid-health-probe');
    given(REGISTERED)
      .when(update({ upgrade: { strategy: 'branch-ref', target: null } }))
      .thenRefused('invalid-target');
  });

  it('is refused for an instance that was removed, and for one that never was', () => {
    given(REGISTERED, event('InstanceDeregistered'))
      .when(update({}))
      .thenRefused('instance-removed');
    given().when(update({})).thenRefused('instance-unknown');
  });
});

describe('an update to another environment', () => {
  const ELSEWHERE = { ...PROFILE, environment: 'production' };
  const move = update({ environment: 'production' }, { environmentId: 'reserved' });
  const moved = updatedTo(ELSEWHERE, { environmentId: 'reserved' });

  it('names the environment that was reserved for it', () => {
    given(REGISTERED).when(move).then(moved);
  });

  it('knows no project id in a project of another name, unless it is told', () => {
    given(REGISTERED)
      .when(update({ project: 'shop-hamburg' }))
      .then(updatedTo({ ...PROFILE, project: 'shop-hamburg', projectId: null }));
    given(REGISTERED)
      .when(update({ project: 'shop-hamburg', projectId: 43 }))
      .then(updatedTo({ ...PROFILE, project: 'shop-hamburg', projectId: 43 }));
  });

  it.each(inFlight)('is refused in status %s: the upgrade goes on where it began', (status) => {
    given(...HISTORY_INTO[status])
      .when(move)
      .thenRefused('upgrade-in-flight');
  });

  it('is refused while nobody knows how a build ended there', () => {
    const unsettled = {
      effect: 'deployment',
      step: null,
      marker: MARKER,
      buildName: null,
    } as const;
    const accepted = event('UpgradeAbandoned', {
      workOrder: { ...LOCATED_ORDER, attempt: 2, unsettled },
    });
    given(...UNSETTLED)
      .when(move)
      .thenRefused('status-not-allowed');
    given(...UNSETTLED, accepted, event('InstanceFoundUnhealthy', { attempt: 2 }))
      .when(move)
      .thenRefused('outcome-unknown');
  });

  it('is refused after a failed upgrade, which could lead on there no more', () => {
    given(...FAILED)
      .when(move)
      .thenRefused('status-not-allowed');
  });

  it('leaves behind what was known of the last upgrade', () => {
    given(...WHOLE_UPGRADE, moved)
      .when(command('RollBackUpgrade'))
      .thenRefused('nothing-to-roll-back');
    const state = fold(instanceDecider, [...WHOLE_UPGRADE, moved]);
    expect(state).toMatchObject({ profile: ELSEWHERE, lastUpgrade: null, deployedRef: null });
  });

  it('is what the next upgrade goes to', () => {
    const state = fold(instanceDecider, [...WHOLE_UPGRADE, moved]);
    const [requested] = instanceDecider.decide(
      command('RequestUpgrade', { upgradeId: 'another' }),
      state,
    );
    expect(requested).toMatchObject({ data: { workOrder: { profile: ELSEWHERE } } });
  });
});

test('an update is legal in every status but that of a removed instance', () => {
  const legal = instanceDecider;
  for (const status of RESTING_STATUSES) {
    const state = fold(legal, [event('InstanceRegistered', { status })]);
    expect(legal.decide(command('UpdateInstance'), state)).toHaveLength(1);
  }
});
