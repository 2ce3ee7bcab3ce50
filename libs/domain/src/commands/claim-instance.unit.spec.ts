import { fold } from '../decider';
import type { InstanceEvent } from '../instance/instance.events';
import { INSTANCE_STATUSES, isInFlight } from '../status';
import { ASKED, ATTEMPT, command, event } from '../testing/examples';
import { given, HISTORY_INTO } from '../testing/histories';
import { instanceDecider } from './instance.decider';

const inFlight = INSTANCE_STATUSES.filter(isInFlight);
const CLAIMED = event('InstanceRegistered');
const UNCLAIMED = event('InstanceRegistered', { status: 'running-healthy-unclaimed' });
const claimed: InstanceEvent = { type: 'InstanceClaimed', data: ASKED };
const after = (...events: readonly InstanceEvent[]) => fold(instanceDecider, events);

describe('a claim', () => {
  it('makes an unclaimed instance a claimed one, and the other way round', () => {
    given(UNCLAIMED).when(command('ClaimInstance')).then(claimed);
    given(CLAIMED)
      .when(command('UnclaimInstance'))
      .then({ type: 'InstanceUnclaimed', data: ASKED });
    expect(after(UNCLAIMED, claimed)).toMatchObject({
      status: 'running-healthy-claimed',
      claim: 'running-healthy-claimed',
    });
  });

  it('is quiet where it holds already', () => {
    given(CLAIMED).when(command('ClaimInstance')).thenNothing();
    given(UNCLAIMED).when(command('UnclaimInstance')).thenNothing();
    given(UNCLAIMED, claimed).when(command('ClaimInstance')).thenNothing();
  });

  it('of an ill app is known when it is well again', () => {
    const ill = event('HealthReported', { status: 'running-unhealthy' });
    expect(after(UNCLAIMED, ill, claimed)).toMatchObject({
      status: 'running-unhealthy',
      claim: 'running-healthy-claimed',
    });
    given(UNCLAIMED, ill, claimed)
      .when(command('ReportHealth', { status: 'running-healthy-unclaimed' }))
      .thenRefused('claim-axis-crossed');
  });

  it('of an app that never was healthy lets it be upgraded', () => {
    const ill = event('InstanceRegistered', { status: 'running-unhealthy' });
    const request = command('RequestUpgrade', { repair: true });
    given(ill).when(request).thenRefused('claim-unknown');
    expect(instanceDecider.decide(request, after(ill, claimed))).toHaveLength(1);
  });

  it.each(inFlight)('in status %s is what the upgrade comes back to', (status) => {
    const unclaimed: InstanceEvent = { type: 'InstanceUnclaimed', data: { ...ATTEMPT, ...ASKED } };
    given(...HISTORY_INTO[status])
      .when(command('UnclaimInstance'))
      .then(unclaimed);
    given(...HISTORY_INTO[status])
      .when(command('ClaimInstance'))
      .thenNothing();
    expect(after(...HISTORY_INTO[status], unclaimed)).toMatchObject({
      status,
      workOrder: { originStatus: 'running-healthy-unclaimed' },
    });
  });

  it('that came in the middle of the proof of health is what it ends with', () => {
    given(...HISTORY_INTO['post-upgrade-completed'], event('InstanceUnclaimed', ATTEMPT))
      .when(command('VerifyHealthy'))
      .then(event('InstanceVerifiedHealthy', { status: 'running-healthy-unclaimed' }));
  });

  it('after a failure is what a retry comes back to', () => {
    const failed = [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')];
    const [retried] = instanceDecider.decide(
      command('RetryUpgrade'),
      after(...failed, event('InstanceUnclaimed')),
    );
    expect(retried).toMatchObject({
      data: { workOrder: { originStatus: 'running-healthy-unclaimed' } },
    });
  });

  it.each(['new', 'post-deploy-completed', 'pending-pre-remove'] as const)(
    'is refused in status %s, which has no owner to speak of',
    (status) => {
      given(event('InstanceRegistered', { status }))
        .when(command('ClaimInstance'))
        .thenRefused('status-not-allowed');
    },
  );

  it('is refused for an instance that was removed, and for one that never was', () => {
    given(CLAIMED, event('InstanceDeregistered'))
      .when(command('UnclaimInstance'))
      .thenRefused('instance-removed');
    given().when(command('ClaimInstance')).thenRefused('instance-unknown');
  });
});
