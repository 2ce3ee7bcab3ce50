import { HEALTHY_STATUSES, INSTANCE_STATUSES, isHealthy } from '../status';
import { command, event, OTHER_UPGRADE, WORK_ORDER } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import { IN_FLIGHT_STATUSES, isInFlight } from '../status';

const registered = event('InstanceRegistered');
const elsewhere = INSTANCE_STATUSES.filter((each) => !isHealthy(each) && !isInFlight(each));

describe('RequestUpgrade', () => {
  it.each(HEALTHY_STATUSES)('opens an upgrade from %s and remembers it', (originStatus) => {
    given(event('InstanceRegistered', { status: originStatus }))
      .when(command('RequestUpgrade'))
      .then(event('UpgradeRequested', { workOrder: { ...WORK_ORDER, originStatus } }));
  });

  it('opens a second upgrade after the first has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
      .then(
        event('UpgradeRequested', {
          workOrder: { ...WORK_ORDER, upgradeId: OTHER_UPGRADE, replacedRef: 'v2.1.0' },
        }),
      );
  });

  it.each(elsewhere)('is refused in status %s', (status) => {
    given(event('InstanceRegistered', { status }))
      .when(command('RequestUpgrade'))
      .thenRefused('status-not-allowed');
  });

  it.each(IN_FLIGHT_STATUSES)('is refused while another upgrade is in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('upgrade-in-flight');
  });

  it.each(IN_FLIGHT_STATUSES)('is quiet when repeated while it is in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('RequestUpgrade'))
      .thenNothing();
  });

  it('is quiet when repeated after its upgrade has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RequestUpgrade'))
      .thenNothing();
  });

  it('is refused when strategy and target do not fit together', () => {
    given(registered)
      .when(command('RequestUpgrade', { strategy: 'redeploy-latest' }))
      .thenRefused('invalid-target');
  });

  it('keeps with the order how long it may take, by when it starts, and that it is urgent', () => {
    const asked = {
      attemptMs: 60_000,
      startBy: '2026-03-01T10:00:00.001Z',
      priority: 'urgent',
    } as const;
    given(registered)
      .when(command('RequestUpgrade', asked))
      .then(event('UpgradeRequested', { workOrder: { ...WORK_ORDER, ...asked } }));
  });

  it.each(['2026-03-01T10:00:00.000Z', '2025-12-31T23:59:59.999Z'])(
    'is refused when it was to start by %s, which is over',
    (startBy) => {
      given(registered).when(command('RequestUpgrade', { startBy })).thenRefused('start-by-passed');
      given(...WHOLE_UPGRADE)
        .when(command('RequestUpgrade', { startBy }))
        .thenNothing();
    },
  );

  it('is refused for an instance nobody registered', () => {
    given().when(command('RequestUpgrade')).thenRefused('instance-unknown');
  });
});
