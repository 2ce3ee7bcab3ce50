import { command, event } from '../testing/examples';
import { given, HISTORY_INTO } from '../testing/histories';

const pending = HISTORY_INTO['pending-pre-upgrade'];
const running = HISTORY_INTO['pre-upgrade-running'];

describe('StartPreUpgrade', () => {
  it('begins the stage', () => {
    given(...pending)
      .when(command('StartPreUpgrade'))
      .then(event('PreUpgradeStarted'));
  });

  it('is quiet when the stage has begun', () => {
    given(...running)
      .when(command('StartPreUpgrade'))
      .thenNothing();
  });
});

describe('CompletePreUpgrade', () => {
  it('ends the stage and opens the next, with the environment it found', () => {
    given(...running)
      .when(command('CompletePreUpgrade'))
      .then(event('PreUpgradeCompleted'), event('UpgradePending'));
  });

  it('is refused before the stage has begun', () => {
    given(...pending)
      .when(command('CompletePreUpgrade'))
      .thenRefused('step-not-reached');
  });

  it('is quiet when the stage has ended', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('CompletePreUpgrade'))
      .thenNothing();
  });
});

describe('FailPreUpgrade', () => {
  it.each(['pending-pre-upgrade', 'pre-upgrade-running'] as const)(
    'ends the upgrade from %s',
    (status) => {
      given(...HISTORY_INTO[status])
        .when(command('FailPreUpgrade'))
        .then(event('PreUpgradeFailed'));
    },
  );

  it('is quiet when the upgrade went on to the next stage', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(command('FailPreUpgrade'))
      .thenNothing();
  });
});
