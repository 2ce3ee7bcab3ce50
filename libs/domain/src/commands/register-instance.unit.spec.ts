import { INSTANCE_STATUSES } from '../status';
import { command, event, PROFILE } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import { isInFlight } from '../status';

const importable = INSTANCE_STATUSES.filter((status) => !isInFlight(status));
const inFlight = INSTANCE_STATUSES.filter(isInFlight);

describe('RegisterInstance', () => {
  it.each(importable)('imports an instance in status %s', (status) => {
    given()
      .when(command('RegisterInstance', { status }))
      .then(event('InstanceRegistered', { status }));
  });

  it.each(inFlight)('is refused for status %s, which only an upgrade can reach', (status) => {
    given().when(command('RegisterInstance', { status })).thenRefused('status-not-importable');
  });

  const SCRIPT = { registeredTask: 'Self-test' };
  const probing = (healthProbe: object) =>
    command('RegisterInstance', {
      profile: { ...PROFILE, healthProbe: { ...PROFILE.healthProbe, ...healthProbe } },
    });

  it.each([
    {},
    { kind: 'http' },
    { kind: 'none' },
    { kind: 'lagoon' },
    { kind: 'task', script: SCRIPT },
  ])('takes a health probe %j', (healthProbe) => {
    const { data } = probing(healthProbe);
    given().when(probing(healthProbe)).then({ type: 'InstanceRegistered', data });
  });

  it.each([{ kind: 'task' }, { script: SCRIPT }, { kind: 'none', script: SCRIPT }])(
    'is refused with a health probe %j',
    (healthProbe) => {
      given().when(probing(healthProbe)).thenRefused('invalid-health-probe');
      given(event('InstanceRegistered'))
        .when(probing(healthProbe))
        .thenRefused('invalid-health-probe');
    },
  );

  it('is quiet when the same instance is registered again', () => {
    given(event('InstanceRegistered')).when(command('RegisterInstance')).thenNothing();
  });

  it('is quiet again after an upgrade that came back to the same status', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RegisterInstance'))
      .thenNothing();
  });

  it('is refused with another profile', () => {
    given(event('InstanceRegistered'))
      .when(command('RegisterInstance', { profile: { ...PROFILE, environment: 'dev' } }))
      .thenRefused('instance-already-registered');
  });

  it('is refused with another status', () => {
    given(event('InstanceRegistered'))
      .when(command('RegisterInstance', { status: 'running-unhealthy' }))
      .thenRefused('instance-already-registered');
  });

  it('is refused while an upgrade is in flight', () => {
    given(...HISTORY_INTO['upgrade-running'])
      .when(command('RegisterInstance'))
      .thenRefused('instance-already-registered');
  });
});
