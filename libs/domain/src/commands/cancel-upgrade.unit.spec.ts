import { IN_FLIGHT_STATUSES } from '../status';
import { command, event, LOCATED, OTHER_UPGRADE } from '../testing/examples';
import { given, HISTORY_INTO, ordering, upTo, WHOLE_UPGRADE } from '../testing/histories';
import {
  UNSCRIPTED,
  VARIABLES,
  plain,
  asked,
  requested,
  accepted,
  stopping,
  cancelled,
  stopped,
  failed,
  verifying,
  taken,
  preScript,
  upgradeScript,
  setting,
} from '../testing/cancelled-upgrades';

describe('CancelUpgrade', () => {
  it.each([
    ['pending-pre-upgrade', HISTORY_INTO['pending-pre-upgrade']],
    ['pre-upgrade-running', HISTORY_INTO['pre-upgrade-running']],
    ['pre-upgrade-completed', plain(HISTORY_INTO['pre-upgrade-completed'])],
    ['pending-upgrade', plain(HISTORY_INTO['pending-upgrade'])],
    ['pending-upgrade before its variables', setting.slice(0, -1)],
    ['upgrade-running while its call is surely refused', [...requested, event('CallRefused')]],
    ['pre-upgrade-running, its script surely refused', [...preScript, event('CallRefused')]],
  ])('ends the upgrade at once in %s: nothing was done', (_status, history) => {
    given(...history)
      .when(command('CancelUpgrade'))
      .then(asked, cancelled);
  });

  it.each([
    ['pre-upgrade-completed', HISTORY_INTO['pre-upgrade-completed'], { located: null }],
    ['pending-upgrade', HISTORY_INTO['pending-upgrade'], {}],
    ['upgrade-running', [...upTo('DeploymentRequested'), event('CallRefused')], {}],
  ] as const)(
    'leads to a proof of health in %s after a pre-upgrade script: it may have put the app into maintenance',
    (_status, history, order) => {
      given(...history)
        .when(command('CancelUpgrade'))
        .then(asked, verifying('upgrade', order));
    },
  );

  it('leads to a proof of health once variables are set', () => {
    given(...setting, event('VariablesSet'))
      .when(command('CancelUpgrade'))
      .then(asked, verifying('upgrade', VARIABLES));
  });

  it.each([
    ['from its upgrade stage on', { located: LOCATED, ...UNSCRIPTED }],
    ['with a script that may have run before', { located: null }],
  ])('leads to a proof of health in a later attempt %s', (_what, order) => {
    const again = { ...order, attempt: 2 };
    const [retried = asked] = ordering(again, [
      event('UpgradeRetried', { fromStage: 'pre-upgrade' }),
    ]);
    given(...HISTORY_INTO['pre-upgrade-running'], event('PreUpgradeFailed'), retried)
      .when(command('CancelUpgrade'))
      .then(
        { ...asked, data: { ...asked.data, attempt: 2 } },
        {
          ...verifying('pre-upgrade', again),
        },
      );
  });

  it('returns a repair that has done nothing to the status it came from', () => {
    const repair = ordering({ repairs: 'running-unhealthy' }, HISTORY_INTO['pre-upgrade-running']);
    given(...repair)
      .when(command('CancelUpgrade'))
      .then(asked, event('UpgradeCancelled', { status: 'running-unhealthy' }));
  });

  it.each([
    ['a call may land', requested],
    ['a build runs', accepted],
    ['the task of the pre-upgrade script may be added', preScript],
    ['nobody knows whether it was', [...preScript, event('CallAmbiguous')]],
    ['the pre-upgrade script runs', [...preScript, taken]],
    ['the task of a script may be added', upgradeScript],
    ['a script runs', [...upgradeScript, event('ScriptAccepted', { step: 'upgrade' })]],
    ['variables are being set', setting],
  ])('is noted for its worker while %s', (_when, history) => {
    given(...history)
      .when(command('CancelUpgrade'))
      .then(asked);
  });

  it.each(IN_FLIGHT_STATUSES)(
    'is answered in %s, and never leads to a second upgrade',
    (status) => {
      const history = [...HISTORY_INTO[status]];
      const isLate =
        IN_FLIGHT_STATUSES.indexOf(status) > IN_FLIGHT_STATUSES.indexOf('upgrade-running');
      const cancel = given(...history).when(command('CancelUpgrade'));
      if (isLate) cancel.thenRefused('cancel-too-late');
      const other = command('RequestUpgrade', { upgradeId: OTHER_UPGRADE });
      given(...history, ...(isLate ? [] : [asked]))
        .when(other)
        .thenRefused('upgrade-in-flight');
    },
  );

  it('is quiet when it was asked for, whoever asks again', () => {
    for (const history of [stopping, [...preScript, asked], [...setting, asked]]) {
      given(...history)
        .when(command('CancelUpgrade', { requestedBy: 'operator-8' }))
        .thenNothing();
    }
  });

  it('is quiet while the stopped instance proves its health', () => {
    for (const history of [
      [...stopping, stopped],
      [...preScript, taken, asked, verifying('pre-upgrade')],
    ]) {
      given(...history)
        .when(command('CancelUpgrade'))
        .thenNothing();
    }
  });

  it('is quiet when the upgrade was cancelled', () => {
    given(...HISTORY_INTO['pre-upgrade-running'], asked, cancelled)
      .when(command('CancelUpgrade'))
      .thenNothing();
  });

  it.each([
    ['has ended', WHOLE_UPGRADE],
    ['has failed', [...accepted, failed]],
    ['was never asked for', [event('InstanceRegistered')]],
  ])('is refused when the upgrade %s', (_when, history) => {
    given(...history)
      .when(command('CancelUpgrade'))
      .thenRefused('upgrade-not-in-flight');
  });

  it.each([
    ['in flight', accepted],
    ['cancelled', [...accepted, asked, cancelled]],
  ])('is refused for an upgrade other than the one that is %s', (_what, history) => {
    given(...history)
      .when(command('CancelUpgrade', { upgradeId: OTHER_UPGRADE }))
      .thenRefused('upgrade-not-in-flight');
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('CancelUpgrade')).thenRefused('instance-unknown');
  });
});

it('tried: a pre-upgrade script runs, cancel, trigger again: no second script is let in', () => {
  const running = [...preScript, taken];
  given(...running)
    .when(command('CancelUpgrade'))
    .then(asked);
  given(...running, asked)
    .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
    .thenRefused('upgrade-in-flight');
  given(...running, asked, verifying('pre-upgrade'))
    .when(command('RequestUpgrade', { upgradeId: OTHER_UPGRADE }))
    .thenRefused('upgrade-in-flight');
});
