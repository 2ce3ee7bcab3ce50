import { fold } from '../decider';
import { instanceDecider } from '../commands/instance.decider';
import type { InstanceEvent } from '../instance/instance.events';
import type { InstanceState, KnownInstance } from '../instance/instance.state';
import { BUILD, event, MARKER, TASK } from '../testing/examples';
import { HISTORY_INTO, upTo, WHOLE_UPGRADE } from '../testing/histories';
import { waitingFor } from './waiting.view';

function known(state: InstanceState): KnownInstance {
  if (state.kind === 'absent') throw new Error('nobody registered the instance');
  return state;
}
const waitAfter = (...events: readonly InstanceEvent[]) =>
  waitingFor(known(fold(instanceDecider, events)));
const since = '2026-03-01T10:00:00.000Z';

describe('what an instance waits for', () => {
  it.each([
    ['it was registered', [event('InstanceRegistered')]],
    ['its upgrade is done', WHOLE_UPGRADE],
    [
      'it came back to health by itself',
      [
        ...HISTORY_INTO['post-upgrade-completed'],
        event('InstanceFoundUnhealthy'),
        event('HealthReported', { status: 'running-healthy-claimed' }),
      ],
    ],
    ['its upgrade was cancelled', [...HISTORY_INTO['pending-upgrade'], event('UpgradeCancelled')]],
  ])('is nothing after %s', (_what, history) => {
    expect(waitAfter(...history)).toBeNull();
  });

  it.each([
    ['lagoon:eu-1', /Lagoon core eu-1 does not answer/],
    ['credentials:eu-1', /eu-1 does not accept the token/],
    ['admission:eu-1', /eu-1 has no room/],
    ['queue:upgrade', /workers of upgrade have others to do first/],
    ['switch:system', /an operator has stopped all starts$/],
    ['switch:eu-1', /stopped all starts on Lagoon core eu-1/],
    ['what:is:to:come', /it waits for what:is:to:come/],
  ])('is told as %s', (target, sentence) => {
    const wait = event('WaitingFor', { target, since });
    expect(waitAfter(...HISTORY_INTO['pending-upgrade'], wait)).toEqual({
      target,
      sentence: expect.stringMatching(sentence) as string,
      since,
      until: null,
      evidence: {},
    });
  });

  it('has a place and an end where they were told', () => {
    const estimatedAt = '2026-03-01T11:00:00.000Z';
    const target = 'admission:eu-1';
    const wait = event('WaitingFor', { target, since, place: 7, estimatedAt });
    expect(waitAfter(...HISTORY_INTO['pending-pre-upgrade'], wait)).toMatchObject({
      sentence: expect.stringContaining('at place 7') as string,
      until: estimatedAt,
      evidence: { place: 7 },
    });
  });

  it('is the end of what runs after a cancel, also where Lagoon does not stop it', () => {
    const running = [
      ...HISTORY_INTO['pre-upgrade-running'],
      event('ScriptRequested'),
      event('ScriptAccepted'),
      event('UpgradeCancelRequested'),
    ];
    expect(waitAfter(...running)).toMatchObject({
      target: null,
      sentence: expect.stringMatching(/is cancelled .* task lagoon-task-x1/) as string,
    });
    expect(waitAfter(...running, event('CancelWithoutEffect'))).toMatchObject({
      sentence: expect.stringContaining('does not stop lagoon-task-x1') as string,
      evidence: { name: TASK.taskName },
    });
  });

  it('is an operator while one holds the instance, whatever else it waits for', () => {
    const held = [event('WaitingFor'), event('InstanceParked')];
    expect(waitAfter(...HISTORY_INTO['pending-upgrade'], ...held)).toMatchObject({
      target: 'operator',
      sentence: expect.stringContaining('holds the instance') as string,
    });
  });

  it.each([
    ['a build', HISTORY_INTO['upgrade-running'], `build ${BUILD}`],
    ['a build that was seen', upTo('DeploymentProgressed'), 'running, Image Build'],
    ['a call', upTo('DeploymentRequested'), MARKER],
    [
      'a task',
      [...HISTORY_INTO['pre-upgrade-running'], event('ScriptRequested'), event('ScriptAccepted')],
      TASK.taskName,
    ],
    ['the health of the app', HISTORY_INTO['post-upgrade-completed'], 'prove its health'],
    ['a worker', HISTORY_INTO['pending-upgrade'], 'worker of upgrade'],
  ])('is %s that somebody has in hand', (_what, history, words) => {
    expect(waitAfter(...history)).toMatchObject({
      target: null,
      sentence: expect.stringContaining(words) as string,
    });
  });

  it('is an operator after a failure', () => {
    expect(waitAfter(...HISTORY_INTO['upgrade-running'], event('UpgradeFailed'))).toMatchObject({
      target: 'operator',
      sentence: expect.stringContaining('retry it from upgrade') as string,
    });
  });

  it('is an outcome that nobody knows, as long as nobody does', () => {
    const failed = event('UpgradeFailed', { reason: 'stage-timed-out' });
    const ended = [...HISTORY_INTO['upgrade-running'], failed];
    expect(waitAfter(...ended)).toMatchObject({
      sentence: expect.stringContaining(`how ${BUILD} ended`) as string,
    });
    expect(waitAfter(...ended, event('OutcomeResolved'))?.sentence).toContain('retry it');
    const calling = [...upTo('DeploymentRequested'), event('OutcomeUnknown')];
    const unknown = event('UpgradeFailed', { reason: 'outcome-unknown' });
    expect(waitAfter(...calling, unknown)?.sentence).toContain(`the call marked ${MARKER}`);
  });
});
