import type { InstanceProfile } from '../instance/instance.profile';
import type { UpgradeStrategy } from '../instance/upgrade-target';
import type { UpgradePlan, UpgradeTarget } from '../instance/upgrade-target';
import { command, event, PROFILE, WORK_ORDER } from '../testing/examples';
import { given } from '../testing/histories';

const SCRIPT: UpgradeTarget = { script: { registeredTask: 'migrate' } };
const PLAN: UpgradePlan = { strategy: 'branch-ref', target: { ref: 'v3' } };

const registered = (profile: InstanceProfile = PROFILE) => event('InstanceRegistered', { profile });
const planned = (upgrade: UpgradePlan) => registered({ ...PROFILE, upgrade });
const opened = (plan: UpgradePlan, profile: InstanceProfile = PROFILE) =>
  event('UpgradeRequested', { workOrder: { ...WORK_ORDER, ...plan, profile } });

describe('an upgrade that names no strategy', () => {
  const unnamed = command('RequestUpgrade', { strategy: null, target: null });

  it("follows the instance's own plan", () => {
    given(planned(PLAN))
      .when(unnamed)
      .then(opened(PLAN, { ...PROFILE, upgrade: PLAN }));
  });

  it('brings the latest of what the environment follows where there is no plan', () => {
    given(registered())
      .when(unnamed)
      .then(opened({ strategy: 'redeploy-latest', target: null }));
  });

  it('takes a target of its own for the strategy of the plan', () => {
    const target = { ref: 'v4' };
    given(planned(PLAN))
      .when(command('RequestUpgrade', { strategy: null, target }))
      .then(opened({ ...PLAN, target }, { ...PROFILE, upgrade: PLAN }));
  });

  it('is refused when its target does not fit the strategy of the plan', () => {
    given(planned(PLAN))
      .when(command('RequestUpgrade', { strategy: null, target: SCRIPT }))
      .thenRefused('invalid-target');
  });
});

describe('an upgrade that names a strategy', () => {
  it('goes before the plan, whose target does not belong to it', () => {
    const plan: UpgradePlan = { strategy: 'redeploy-latest', target: null };
    given(planned(PLAN))
      .when(command('RequestUpgrade', plan))
      .then(opened(plan, { ...PROFILE, upgrade: PLAN }));
  });

  it.each<[UpgradeStrategy, UpgradeTarget | null]>([
    ['redeploy-latest', null],
    ['branch-ref', { ref: 'v4' }],
    ['promote', { sourceEnvironment: 'staging' }],
    ['variables', null],
    ['variables', { variables: [{ name: 'FEATURE_X', value: 'on', scope: 'GLOBAL' }] }],
    ['script', SCRIPT],
  ])('may be %s with %j', (strategy, target) => {
    given(registered())
      .when(command('RequestUpgrade', { strategy, target }))
      .then(opened({ strategy, target }));
  });

  it('belongs to its wave', () => {
    given(registered())
      .when(command('RequestUpgrade', { waveId: 'wave-1' }))
      .then(event('UpgradeRequested', { workOrder: { ...WORK_ORDER, waveId: 'wave-1' } }));
  });
});

describe('a strategy that is not enabled here', () => {
  const enabledStrategies: readonly UpgradeStrategy[] = ['redeploy-latest', 'branch-ref'];
  const promote: UpgradePlan = { strategy: 'promote', target: { sourceEnvironment: 'staging' } };

  it('is refused when it is named', () => {
    given(registered())
      .when(command('RequestUpgrade', { ...promote, enabledStrategies }))
      .thenRefused('strategy-not-enabled');
  });

  it('is refused when the plan names it', () => {
    const unnamed = { strategy: null, target: null };
    given(planned(promote))
      .when(command('RequestUpgrade', { ...unnamed, enabledStrategies }))
      .thenRefused('strategy-not-enabled');
  });

  it('is quiet when the request is repeated: it was permitted then', () => {
    given(registered(), event('UpgradeRequested'))
      .when(command('RequestUpgrade', { enabledStrategies: [] }))
      .thenNothing();
  });
});

describe('a plan at registration', () => {
  it('is kept with the profile', () => {
    const profile = { ...PROFILE, upgrade: PLAN };
    given().when(command('RegisterInstance', { profile })).then(planned(PLAN));
  });

  it.each<[UpgradePlan]>([
    [{ strategy: 'branch-ref', target: null }],
    [{ strategy: 'branch-ref', target: { ref: '$(x)' } }],
    [{ strategy: 'script', target: { ref: 'v1' } }],
  ])('is refused when it does not fit: %j', (upgrade) => {
    given()
      .when(command('RegisterInstance', { profile: { ...PROFILE, upgrade } }))
      .thenRefused('invalid-target');
  });

  it('is part of what makes a registration the same', () => {
    const profile = { ...PROFILE, upgrade: PLAN };
    given(planned(PLAN)).when(command('RegisterInstance', { profile })).thenNothing();
    given(planned(PLAN))
      .when(command('RegisterInstance'))
      .thenRefused('instance-already-registered');
  });
});
