import type { InFlightStatus } from '../status';
import { IN_FLIGHT_STATUSES } from '../status';
import { command, event } from '../testing/examples';
import { given, HISTORY_INTO, upTo } from '../testing/histories';

const claimed = event('InstanceRegistered', { status: 'running-healthy-claimed' });
const unhealthy = event('HealthReported', { status: 'running-unhealthy' });

describe('ReportHealth', () => {
  it('moves a running instance to the reported status', () => {
    given(claimed).when(command('ReportHealth')).then(unhealthy);
  });

  it('brings an instance back to the side of the claim axis it was on', () => {
    given(claimed, unhealthy)
      .when(command('ReportHealth', { status: 'running-healthy-claimed' }))
      .then(event('HealthReported', { status: 'running-healthy-claimed' }));
  });

  it.each(['running-healthy-claimed', 'running-healthy-unclaimed'] as const)(
    'may call a freshly deployed instance %s: its side is not known yet',
    (status) => {
      given(event('InstanceRegistered', { status: 'post-deploy-completed' }))
        .when(command('ReportHealth', { status }))
        .then(event('HealthReported', { status }));
    },
  );

  it('is refused when it contradicts the first side that was reported', () => {
    given(
      event('InstanceRegistered', { status: 'post-deploy-completed' }),
      event('HealthReported', { status: 'running-healthy-claimed' }),
    )
      .when(command('ReportHealth', { status: 'running-healthy-unclaimed' }))
      .thenRefused('claim-axis-crossed');
  });

  it('is quiet when the status is the reported one already', () => {
    given(claimed)
      .when(command('ReportHealth', { status: 'running-healthy-claimed' }))
      .thenNothing();
  });

  it('is refused when it would turn claimed into unclaimed at once', () => {
    given(claimed)
      .when(command('ReportHealth', { status: 'running-healthy-unclaimed' }))
      .thenRefused('claim-axis-crossed');
  });

  it('is refused when it would cross the claim axis by way of an unhealthy status', () => {
    given(claimed, unhealthy)
      .when(command('ReportHealth', { status: 'running-healthy-unclaimed' }))
      .thenRefused('claim-axis-crossed');
  });

  it.each(['new', 'deploy-running', 'upgrade-failed', 'removed'] as const)(
    'is refused in status %s',
    (status) => {
      given(event('InstanceRegistered', { status }))
        .when(command('ReportHealth'))
        .thenRefused('status-not-allowed');
    },
  );

  it('is refused for an instance nobody registered', () => {
    given().when(command('ReportHealth')).thenRefused('instance-unknown');
  });
});

describe('ReportHealth during an upgrade', () => {
  const verifying = upTo('PostUpgradeCompleted');
  const earlier = IN_FLIGHT_STATUSES.filter(
    (status): status is InFlightStatus => status !== 'post-upgrade-completed',
  );

  it.each(earlier)('is refused in status %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('ReportHealth'))
      .thenRefused('upgrade-in-flight');
  });

  it('is evidence, not a transition, while health is being verified', () => {
    given(...verifying)
      .when(command('ReportHealth'))
      .then(event('HealthEvidenceRecorded'));
  });

  it('is quiet when the same evidence is recorded already', () => {
    given(...verifying, event('HealthEvidenceRecorded'))
      .when(command('ReportHealth'))
      .thenNothing();
  });

  it('is refused when it contradicts the claim the upgrade started from', () => {
    given(...verifying)
      .when(command('ReportHealth', { status: 'running-healthy-unclaimed' }))
      .thenRefused('claim-axis-crossed');
  });
});
