import { command, event, BUILD } from '../testing/examples';
import { given, HISTORY_INTO, upTo, WHOLE_UPGRADE } from '../testing/histories';
import type { InFlightStatus } from '../status';
import { IN_FLIGHT_STATUSES } from '../status';

const FAILS_AS = {
  'pending-pre-upgrade': 'PreUpgradeFailed',
  'pre-upgrade-running': 'PreUpgradeFailed',
  'pre-upgrade-completed': 'PreUpgradeFailed',
  'pending-upgrade': 'UpgradeFailed',
  'upgrade-running': 'UpgradeFailed',
  'upgrade-completed': 'UpgradeFailed',
  'pending-post-upgrade': 'PostUpgradeFailed',
  'post-upgrade-running': 'PostUpgradeFailed',
  'post-upgrade-completed': 'InstanceFoundUnresponsive',
} as const satisfies Record<InFlightStatus, string>;

describe('TimeOutStage', () => {
  it.each(IN_FLIGHT_STATUSES)('ends an upgrade that stalled in %s, and says why', (status) => {
    const timedOut = event('StageTimedOut', { status });
    const { stage, since, limitMs } = timedOut.data;
    const buildName = status === 'upgrade-running' ? BUILD : null;
    given(...HISTORY_INTO[status])
      .when(command('TimeOutStage', { seenStatus: status }))
      .then(
        timedOut,
        event(FAILS_AS[status], {
          reason: 'stage-timed-out',
          evidence: { stage, status, since, limitMs, buildName, waitingFor: null },
          retryable: true,
        }),
      );
  });

  it('says what the upgrade waited for', () => {
    const status = 'pending-pre-upgrade';
    const { stage, since, limitMs } = command('TimeOutStage').data;
    const waitingFor = event('WaitingFor').data.target;
    given(...HISTORY_INTO[status], event('WaitingFor'))
      .when(command('TimeOutStage', { seenStatus: status }))
      .then(
        event('StageTimedOut', { status }),
        event('PreUpgradeFailed', {
          reason: 'stage-timed-out',
          evidence: { stage, status, since, limitMs, buildName: null, waitingFor },
        }),
      );
  });

  it('is quiet when the instance has moved on since it was looked at', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('TimeOutStage', { seenStatus: 'pre-upgrade-running' }))
      .thenNothing();
  });

  it('is quiet when the upgrade has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command('TimeOutStage', { seenStatus: 'post-upgrade-completed' }))
      .thenNothing();
  });
});

describe('ParkStage', () => {
  it.each(IN_FLIGHT_STATUSES)('records in %s that a message was given up', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('ParkStage'))
      .then(event('StageParked'));
  });

  it('is quiet when that message is parked already', () => {
    given(...upTo('UpgradePending'), event('StageParked'))
      .when(command('ParkStage'))
      .thenNothing();
  });

  it('records another message', () => {
    given(...upTo('UpgradePending'), event('StageParked'))
      .when(command('ParkStage', { eventId: 'event-9' }))
      .then(event('StageParked', { eventId: 'event-9' }));
  });

  it('is quiet when the upgrade has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command('ParkStage'))
      .thenNothing();
  });
});
