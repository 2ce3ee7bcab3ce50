import type { InstanceEvent } from '../instance/instance.events';
import type { InFlightStatus, UpgradeStage } from '../status';
import { IN_FLIGHT_STATUSES } from '../status';
import { command, event, LOCATED_ORDER, OTHER_UPGRADE } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';
import type { InstanceCommandType } from './instance.decider';

const parked = (status: InFlightStatus) => [...HISTORY_INTO[status], event('InstanceParked')];
const orderIn = (history: readonly InstanceEvent[]) => {
  const orders = history.flatMap(({ data }) => ('workOrder' in data ? [data.workOrder] : []));
  return orders.at(-1) ?? LOCATED_ORDER;
};

describe('ParkInstance', () => {
  it.each(IN_FLIGHT_STATUSES)('holds an instance in %s', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('ParkInstance'))
      .then(event('InstanceParked'));
  });

  it('holds it once', () => {
    given(...parked('pending-upgrade'))
      .when(command('ParkInstance'))
      .thenNothing();
  });

  it('is refused at rest', () => {
    given(...WHOLE_UPGRADE)
      .when(command('ParkInstance'))
      .thenRefused('upgrade-not-in-flight');
    given(event('InstanceRegistered'))
      .when(command('ParkInstance'))
      .thenRefused('upgrade-not-in-flight');
  });

  it.each([
    ['pending-pre-upgrade', 'StartPreUpgrade'],
    ['pre-upgrade-running', 'RequestScript'],
    ['pending-upgrade', 'RequestVariables'],
    ['pending-upgrade', 'StartUpgrade'],
    ['pending-post-upgrade', 'StartPostUpgrade'],
    ['upgrade-running', 'TimeOutStage'],
    ['pending-upgrade', 'RedriveStalledStage'],
  ] as const satisfies readonly (readonly [InFlightStatus, InstanceCommandType])[])(
    'in %s: %s leads to nothing',
    (status, type) => {
      const seen = type === 'TimeOutStage' ? { seenStatus: status } : {};
      given(...parked(status))
        .when(command(type, seen))
        .thenNothing();
    },
  );

  const calling = [...upTo('DeploymentRequested'), event('InstanceParked')];

  it('makes no other call: that the first had no effect is recorded', () => {
    given(...calling)
      .when(command('RepeatCall'))
      .then(event('CallNotLanded'));
    given(...calling, event('CallNotLanded'))
      .when(command('RetryCall'))
      .thenNothing();
  });

  it('follows what runs already, and says so in the order of the next stage', () => {
    given(...parked('upgrade-running'))
      .when(command('CompleteUpgrade'))
      .then(
        event('UpgradeCompleted'),
        ...ordering({ parked: true }, [event('PostUpgradePending')]),
      );
  });

  it('lets a cancel through', () => {
    given(...parked('pending-pre-upgrade'))
      .when(command('CancelUpgrade', { reason: 'security release' }))
      .then(event('UpgradeCancelRequested'), event('UpgradeCancelled'));
  });
});

const OFFERED: readonly (readonly [InFlightStatus, UpgradeStage])[] = [
  ['pending-pre-upgrade', 'pre-upgrade'],
  ['pre-upgrade-running', 'pre-upgrade'],
  ['pre-upgrade-completed', 'pre-upgrade'],
  ['pending-upgrade', 'upgrade'],
  ['upgrade-running', 'poll-upgrade'],
  ['upgrade-completed', 'poll-upgrade'],
  ['pending-post-upgrade', 'post-upgrade'],
  ['post-upgrade-running', 'post-upgrade'],
  ['post-upgrade-completed', 'poll-upgrade'],
];

describe('UnparkInstance', () => {
  it.each(OFFERED)('in %s: %s is offered again', (status, stage) => {
    const workOrder = orderIn(HISTORY_INTO[status]);
    given(...parked(status))
      .when(command('UnparkInstance'))
      .then(event('InstanceUnparked', { workOrder }), event('StageRedriven', { workOrder, stage }));
  });

  it('is refused if nobody holds the instance', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('UnparkInstance'))
      .thenRefused('not-parked');
    given(...WHOLE_UPGRADE)
      .when(command('UnparkInstance'))
      .thenRefused('upgrade-not-in-flight');
  });
});

describe('RedriveStage', () => {
  const redriven = (n: number, stage: UpgradeStage = 'upgrade') =>
    event('StageRedriven', { n, stage });

  it.each(OFFERED)('in %s offers %s', (status, stage) => {
    const workOrder = orderIn(HISTORY_INTO[status]);
    given(...HISTORY_INTO[status])
      .when(command('RedriveStage'))
      .then(event('StageRedriven', { workOrder, stage }));
  });

  it('offers the call to the stage that makes it, while no build is known', () => {
    given(...upTo('DeploymentRequested'))
      .when(command('RedriveStage'))
      .then(redriven(1));
  });

  it('offers what a cancel waits for to the worker of the cancel', () => {
    const script = [...HISTORY_INTO['pre-upgrade-running'], event('ScriptRequested')];
    const asked = event('UpgradeCancelRequested');
    const workOrder = { ...orderIn(script), cancelRequested: true } as const;
    const stage = 'poll-upgrade';
    given(...script, asked)
      .when(command('RedriveStage'))
      .then(event('StageRedriven', { workOrder, stage }));
    const call = upTo('DeploymentRequested');
    given(...call, asked)
      .when(command('RedriveStage'))
      .then(
        event('StageRedriven', {
          workOrder: { ...orderIn(call), cancelRequested: true },
          stage: 'upgrade',
        }),
      );
  });

  it('counts, and an operator may do it any number of times', () => {
    const often = [1, 2, 3, 4].map((n) => redriven(n));
    given(...HISTORY_INTO['pending-upgrade'], ...often)
      .when(command('RedriveStage'))
      .then(redriven(5));
  });

  it('is refused at rest, and for another upgrade', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RedriveStage'))
      .thenRefused('upgrade-not-in-flight');
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('RedriveStage', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('upgrade-not-in-flight');
  });

  it('is done three times by the watchdog, whatever operators did', () => {
    const { requestedBy: _by, reason: _why, ...byItself } = event('StageRedriven').data;
    const byWatchdog = (n: number): InstanceEvent => ({
      type: 'StageRedriven',
      data: { ...byItself, n },
    });
    const pending = HISTORY_INTO['pending-upgrade'];
    const due = command('RedriveStalledStage');
    given(...pending, redriven(1))
      .when(due)
      .then(byWatchdog(2));
    given(...pending, byWatchdog(1), byWatchdog(2))
      .when(due)
      .then(byWatchdog(3));
    given(...pending, byWatchdog(1), redriven(2), byWatchdog(3), byWatchdog(4))
      .when(due)
      .thenNothing();
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(due)
      .thenNothing();
  });
});
