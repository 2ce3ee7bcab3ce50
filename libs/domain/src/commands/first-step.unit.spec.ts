import { ASKED, ATTEMPT, command, EXAMPLE_COMMAND_DATA, event } from '../testing/examples';
import { given, HISTORY_INTO } from '../testing/histories';
import type { StartCommand, WorkerCommand } from './instance.decider';

const pending = HISTORY_INTO['pending-pre-upgrade'];
const running = HISTORY_INTO['pre-upgrade-running'];
const startPreUpgrade = command('StartPreUpgrade');
const startPostUpgrade = command('StartPostUpgrade');

const first = (start: StartCommand, step: WorkerCommand) =>
  command('TakeFirstStep', { start, step });

describe('TakeFirstStep', () => {
  it('begins the stage and ends it, with the time that it took', () => {
    const startedAt = '2026-03-01T10:00:00.000Z';
    const start = command('StartPreUpgrade', { startedAt });
    given(...pending)
      .when(first(start, command('CompletePreUpgrade', { activeMs: 12 })))
      .then(
        event('PreUpgradeStarted', { startedAt }),
        event('PreUpgradeCompleted', { activeMs: 12 }),
        event('UpgradePending'),
      );
  });

  it('begins the post-upgrade and ends it', () => {
    given(...HISTORY_INTO['pending-post-upgrade'])
      .when(first(startPostUpgrade, command('CompletePostUpgrade', { activeMs: 3 })))
      .then(event('PostUpgradeStarted'), event('PostUpgradeCompleted', { activeMs: 3 }));
  });

  it.each([
    [command('FailPreUpgrade', { activeMs: 7 }), event('PreUpgradeFailed', { activeMs: 7 })],
    [command('RequestScript'), event('ScriptRequested')],
    [command('RecordWait'), event('WaitingFor')],
  ])('begins the stage with what $type says', (step, said) => {
    given(...pending)
      .when(first(startPreUpgrade, step))
      .then(event('PreUpgradeStarted'), said);
  });

  it('says only the step where another worker has begun the stage', () => {
    given(...running)
      .when(first(startPreUpgrade, command('CompletePreUpgrade')))
      .then(event('PreUpgradeCompleted'), event('UpgradePending'));
  });

  it.each([
    ['was held by an operator', [event('InstanceParked')]],
    ['was cancelled', [event('UpgradeCancelRequested'), event('UpgradeCancelled')]],
    ['waits for its cancel', [event('UpgradeCancelRequested')]],
  ])('is quiet where the instance %s before it began', (_words, events) => {
    given(...pending, ...events)
      .when(first(startPreUpgrade, command('CompletePreUpgrade')))
      .thenNothing();
  });

  it('does not begin the stage for what there is nothing to say of', () => {
    given(...pending, event('WaitingFor'))
      .when(first(startPreUpgrade, command('RecordWait')))
      .thenNothing();
  });

  it('is quiet when the stage has ended', () => {
    given(...HISTORY_INTO['pending-upgrade'])
      .when(first(startPreUpgrade, command('CompletePreUpgrade')))
      .thenNothing();
  });

  it('is quiet about another attempt', () => {
    const start = command('StartPreUpgrade', { attempt: 2 });
    const step = command('CompletePreUpgrade', { attempt: 2 });
    const later = { ...EXAMPLE_COMMAND_DATA.TakeFirstStep, ...ATTEMPT, attempt: 2, start, step };
    given(...pending)
      .when(command('TakeFirstStep', later))
      .thenNothing();
  });

  it('is refused before the stage was opened', () => {
    given(...pending)
      .when(first(startPostUpgrade, command('CompletePostUpgrade')))
      .thenRefused('step-not-reached');
  });

  it('begins the stage once an operator has let the instance go', () => {
    given(...pending, event('InstanceParked'), event('InstanceUnparked', ASKED))
      .when(first(startPreUpgrade, command('FailPreUpgrade')))
      .then(event('PreUpgradeStarted'), event('PreUpgradeFailed'));
  });
});
