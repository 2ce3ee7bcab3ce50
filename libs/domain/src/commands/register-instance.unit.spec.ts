import { fold } from '../decider';
import { INSTANCE_STATUSES } from '../status';
import type { InstanceEvent } from '../instance/instance.events';
import { ASKED, ATTEMPT, BUILD, command, event, MARKER, PROFILE } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import { isInFlight } from '../status';
import { instanceDecider } from './instance.decider';

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

  const REMOVED = [...WHOLE_UPGRADE, event('InstanceDeregistered')];

  it('begins anew after the instance was deregistered', () => {
    given(...REMOVED)
      .when(command('RegisterInstance'))
      .then(event('InstanceRegistered'));
    const state = fold(instanceDecider, [...REMOVED, event('InstanceRegistered')]);
    expect(state).toEqual(fold(instanceDecider, [event('InstanceRegistered')]));
  });

  it('is quiet when an instance that was removed is registered as removed', () => {
    given(...REMOVED)
      .when(command('RegisterInstance', { status: 'removed' }))
      .thenNothing();
  });
});

describe('DeregisterInstance', () => {
  it('lets go of an instance at rest', () => {
    given(...WHOLE_UPGRADE)
      .when(command('DeregisterInstance'))
      .then(event('InstanceDeregistered'));
  });

  it.each(inFlight)('is refused in status %s: an upgrade is in flight', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('DeregisterInstance'))
      .thenRefused('upgrade-in-flight');
  });

  it('is refused while nobody knows how a build ended', () => {
    given(...HISTORY_INTO['upgrade-running'], event('UpgradeFailed', { reason: 'stage-timed-out' }))
      .when(command('DeregisterInstance'))
      .thenRefused('outcome-unknown');
  });

  it('is quiet once the instance is removed', () => {
    given(event('InstanceRegistered'), event('InstanceDeregistered'))
      .when(command('DeregisterInstance'))
      .thenNothing();
  });

  it('is refused for an instance that was never registered', () => {
    given().when(command('DeregisterInstance')).thenRefused('instance-unknown');
  });
});

describe('DeregisterInstance with cancel', () => {
  const leave = command('DeregisterInstance', { cancel: true });
  const asked = { ...ATTEMPT, ...ASKED };
  const requested: InstanceEvent = { type: 'DeregistrationRequested', data: asked };
  const cancelled: InstanceEvent = { type: 'UpgradeCancelRequested', data: asked };
  const deregistered: InstanceEvent = { type: 'InstanceDeregistered', data: ASKED };

  it('lets go at once of an instance at rest', () => {
    given(...WHOLE_UPGRADE)
      .when(leave)
      .then(deregistered);
  });

  it('cancels an upgrade that had begun nothing, and lets go at once', () => {
    given(...HISTORY_INTO['pending-pre-upgrade'])
      .when(leave)
      .then(requested, cancelled, event('UpgradeCancelled'), deregistered);
  });

  it('asks for the cancel of what runs in Lagoon, and waits for its end', () => {
    const running = HISTORY_INTO['upgrade-running'];
    given(...running)
      .when(leave)
      .then(requested, cancelled);
    given(...running, requested, cancelled)
      .when(leave)
      .thenNothing();
  });

  it.each(['pending-post-upgrade', 'post-upgrade-running', 'post-upgrade-completed'] as const)(
    'waits for the end of an upgrade that is past its deployment: %s',
    (status) => {
      given(...HISTORY_INTO[status])
        .when(leave)
        .then(requested);
    },
  );

  it('is carried out with the event that ends the upgrade', () => {
    given(...HISTORY_INTO['post-upgrade-completed'], requested)
      .when(command('VerifyHealthy'))
      .then(event('InstanceVerifiedHealthy'), deregistered);
    given(...HISTORY_INTO['post-upgrade-running'], requested)
      .when(command('FailPostUpgrade'))
      .then(event('PostUpgradeFailed'), deregistered);
  });

  const unsettled = { effect: 'deployment', step: null, marker: MARKER, buildName: BUILD } as const;
  const failure = { reason: 'outcome-unknown' } as const;
  const LEFT_OPEN = [
    ...HISTORY_INTO['upgrade-running'],
    requested,
    event('UpgradeFailed', failure),
    event('DeregistrationDelayed', { unsettled }),
  ];

  it('tells that it waits while something may still run in Lagoon, and is carried out when that is known', () => {
    given(...HISTORY_INTO['upgrade-running'], requested)
      .when(command('FailUpgrade', failure))
      .then(event('UpgradeFailed', failure), event('DeregistrationDelayed', { unsettled }));
    given(...LEFT_OPEN)
      .when(leave)
      .thenNothing();
    given(...LEFT_OPEN)
      .when(command('DeregisterInstance'))
      .thenRefused('outcome-unknown');
    given(...LEFT_OPEN)
      .when(command('RecordLateOutcome', { status: 'failed' }))
      .then(event('LateOutcomeObserved', { status: 'failed' }), deregistered);
  });

  it('that waits is known to every stage that goes on', () => {
    const [, pending] = instanceDecider.decide(
      command('CompletePreUpgrade'),
      fold(instanceDecider, [...HISTORY_INTO['pre-upgrade-running'], requested]),
    );
    expect(pending).toMatchObject({ data: { workOrder: { deregistration: ASKED } } });
  });
});
