import fc from 'fast-check';
import { fold } from '../decider';
import type { InstanceEvent } from '../instance/instance.events';
import type { KnownInstance } from '../instance/instance.state';
import { commandSequences } from '../testing/command-sequences';
import { event } from '../testing/examples';
import { HISTORY_INTO, upTo, WHOLE_UPGRADE } from '../testing/histories';
import { allowedCommands } from './allowed-commands';
import { instanceDecider, OPERATOR_COMMANDS } from './instance.decider';

const after = (...events: readonly InstanceEvent[]) =>
  allowedCommands(fold(instanceDecider, events) as KnownInstance);
const allowed = (...events: readonly InstanceEvent[]) =>
  after(...events)
    .filter((each) => each.allowed)
    .map(({ command }) => command);

/** The example is claimed. */
const CHANGES = ['UpdateInstance', 'UnclaimInstance'] as const;
const AT_REST = ['ReportHealth', 'RequestUpgrade', ...CHANGES, 'DeregisterInstance'] as const;

describe('the commands that an instance allows', () => {
  it.each([
    ['it was registered', [event('InstanceRegistered')], [...AT_REST]],
    ['its upgrade is done', WHOLE_UPGRADE, [...AT_REST]],
    [
      'it waits for its core',
      HISTORY_INTO['pending-pre-upgrade'],
      ['CancelUpgrade', 'RedriveStage', 'ParkInstance', 'PrioritizeUpgrade', ...CHANGES],
    ],
    [
      'Lagoon was called',
      upTo('DeploymentRequested'),
      ['CancelUpgrade', 'ResolveOutcome', 'RedriveStage', 'ParkInstance', ...CHANGES],
    ],
    [
      'an operator holds it',
      [...HISTORY_INTO['pending-post-upgrade'], event('InstanceParked')],
      ['RedriveStage', 'UnparkInstance', ...CHANGES],
    ],
    [
      'its deployment failed',
      [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed')],
      ['RetryUpgrade', 'AbandonUpgrade', ...CHANGES, 'DeregisterInstance'],
    ],
    [
      'nobody knows how its build ended',
      [...HISTORY_INTO['upgrade-running'], event('UpgradeFailed', { reason: 'stage-timed-out' })],
      ['AbandonUpgrade', 'ResolveOutcome', ...CHANGES],
    ],
    [
      'it was found unhealthy',
      [...HISTORY_INTO['post-upgrade-completed'], event('InstanceFoundUnhealthy')],
      [
        'ReportHealth',
        'RequestUpgrade',
        'RetryUpgrade',
        'AbandonUpgrade',
        ...CHANGES,
        'DeregisterInstance',
      ],
    ],
    ['it was deregistered', [event('InstanceRegistered'), event('InstanceDeregistered')], []],
  ] as const)('after %s', (_what, history, commands) => {
    expect(allowed(...history)).toEqual(commands);
  });

  it('say why not, by the rule that would refuse them, and what they need', () => {
    const answers = after(...HISTORY_INTO['pending-post-upgrade']);
    expect(answers).toContainEqual({
      command: 'CancelUpgrade',
      allowed: false,
      code: 'cancel-too-late',
      detail: expect.stringContaining('let it end') as string,
    });
    const ill = [event('InstanceRegistered'), event('HealthReported')];
    expect(after(...ill)).toContainEqual({
      command: 'RequestUpgrade',
      allowed: true,
      code: null,
      detail: 'as a repair: the app is ill',
    });
  });

  it('do not count what is in force already', () => {
    const held = [...HISTORY_INTO['pending-upgrade'], event('InstanceParked')];
    expect(after(...held)).toContainEqual({
      command: 'ParkInstance',
      allowed: false,
      code: null,
      detail: 'it is in force already',
    });
  });

  it('are told of every state that a history can lead to', () => {
    const property = fc.property(commandSequences, (turns) => {
      for (const { after: state } of turns) {
        if (state.kind === 'absent') continue;
        const answers = allowedCommands(state);
        expect(answers.map(({ command }) => command)).toEqual(OPERATOR_COMMANDS);
        const unexplained = answers.filter((each) => !each.allowed && each.detail === null);
        expect(unexplained).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 50 });
  });
});
