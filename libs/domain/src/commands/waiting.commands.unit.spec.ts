import { command, event } from '../testing/examples';
import { given, HISTORY_INTO, WHOLE_UPGRADE } from '../testing/histories';
import { IN_FLIGHT_STATUSES } from '../status';

const running = HISTORY_INTO['upgrade-running'];
const waiting = [...running, event('WaitingFor')];
const ELSEWHERE = 'admission:eu-1';

describe('RecordWait', () => {
  it.each(IN_FLIGHT_STATUSES)('says in %s what the attempt waits for, and since when', (status) => {
    given(...HISTORY_INTO[status])
      .when(command('RecordWait'))
      .then(event('WaitingFor'));
  });

  it('is quiet while it waits for the same, whenever that is said to have begun', () => {
    given(...waiting)
      .when(command('RecordWait', { since: '2026-03-01T11:00:00.000Z' }))
      .thenNothing();
  });

  it('says when it waits for something else', () => {
    given(...waiting)
      .when(command('RecordWait', { target: ELSEWHERE }))
      .then(event('WaitingFor', { target: ELSEWHERE }));
  });

  it('says so again when a second wait begins', () => {
    given(...waiting, event('WaitEnded'))
      .when(command('RecordWait'))
      .then(event('WaitingFor'));
  });

  const END = { target: event('WaitingFor').data.target, endedAt: '2026-03-01T11:00:00.000Z' };
  const ended = [...waiting, event('WaitEnded', END)];

  it.each(['2026-03-01T10:00:00.000Z', END.endedAt])(
    'is quiet of an outage since %s that is known to have ended',
    (since) => {
      given(...ended)
        .when(command('RecordWait', { since }))
        .thenNothing();
    },
  );

  it.each([
    ['of one that began later', { since: '2026-03-01T11:00:00.001Z' }],
    ['of a wait for something else', { target: ELSEWHERE }],
  ])('says so after the end of an outage %s', (_words, change) => {
    given(...ended)
      .when(command('RecordWait', change))
      .then(event('WaitingFor', change));
  });

  it('knows an outage that has ended also after another wait', () => {
    given(
      ...ended,
      event('WaitingFor', { target: ELSEWHERE }),
      event('WaitEnded', { target: ELSEWHERE }),
    )
      .when(command('RecordWait'))
      .thenNothing();
  });

  it('is quiet when the upgrade has ended', () => {
    given(...WHOLE_UPGRADE)
      .when(command('RecordWait'))
      .thenNothing();
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('RecordWait')).thenRefused('instance-unknown');
  });
});

describe('EndWait', () => {
  it('ends the wait, and says how long it was', () => {
    given(...waiting)
      .when(command('EndWait'))
      .then(event('WaitEnded'));
  });

  it.each([
    ['nothing is waited for', running],
    ['that wait has ended', [...waiting, event('WaitEnded')]],
    ['something else is waited for', [...running, event('WaitingFor', { target: ELSEWHERE })]],
    [
      'the next stage has opened',
      [...waiting, event('UpgradeCompleted'), event('PostUpgradePending')],
    ],
  ])('is quiet when %s', (_when, history) => {
    given(...history)
      .when(command('EndWait'))
      .thenNothing();
  });

  it('is refused for an instance nobody registered', () => {
    given().when(command('EndWait')).thenRefused('instance-unknown');
  });
});
