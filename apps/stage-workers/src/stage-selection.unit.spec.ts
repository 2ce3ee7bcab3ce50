import { selectedStages, STARTABLE } from './stage-selection';

describe('the stages of a process', () => {
  it('are all of them when nothing is named', () => {
    expect(selectedStages([], [])).toEqual(STARTABLE);
  });

  it.each([
    [['--stage', 'all'], []],
    [['--stage', 'all'], ['upgrade']],
    [[], ['upgrade', 'all']],
  ])('are all of them by that name: %j with %j', (args, configured) => {
    expect(selectedStages(args, configured)).toEqual(STARTABLE);
  });

  it('are those of the setting', () => {
    expect(selectedStages([], ['upgrade', 'watchdog'])).toEqual(['upgrade', 'watchdog']);
  });

  it('are those of the command line rather than the setting', () => {
    const args = ['--stage', 'pre-upgrade', '--stage', 'poll-upgrade'];
    expect(selectedStages(args, ['upgrade'])).toEqual(['pre-upgrade', 'poll-upgrade']);
  });

  it.each([
    [['--stage', 'upgrad'], []],
    [['--stage'], []],
    [[], ['every']],
    [['--stage', 'all', '--stage', 'upgrad'], []],
  ])('%j with %j is refused', (args, configured) => {
    expect(() => selectedStages(args, configured)).toThrow(/^Unknown stage/);
  });
});
