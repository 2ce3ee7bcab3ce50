import { asked, WrongCallError } from './options';

describe('a call of npm run nats:accounts', () => {
  it('names a folder, and whatever else it wants', () => {
    expect(asked(['--out', 'folder'])).toEqual({
      ...{ out: 'folder', account: 'UPLIFT', services: undefined },
      ...{ processes: [], rotate: [], retire: [] },
    });
    const more = ['--account', 'OTHER', '--services', 'services.json', '--retire', 'upgrade'];
    const users = ['--rotate', 'relay', '--rotate', 'projector'];
    expect(asked(['--out', 'folder', ...more, ...users])).toMatchObject({
      ...{ account: 'OTHER', services: 'services.json', retire: ['upgrade'] },
      rotate: ['relay', 'projector'],
    });
  });

  it('names the stages of a process in any order', () => {
    const named = ['--process', 'upgrade,pre-upgrade', '--process', 'post-upgrade, watchdog'];
    expect(asked(['--out', 'folder', ...named])).toMatchObject({
      processes: ['pre-upgrade_upgrade', 'post-upgrade_watchdog'],
    });
  });

  it('asks for help', () => {
    expect(asked(['--help'])).toBe('help');
  });

  it.each([
    ['names no folder', [], '--out names a folder'],
    ['names an empty folder', ['--out', ''], '--out names a folder'],
    ['has an unknown option', ['--out', 'x', '--verbose'], "Unknown option '--verbose'"],
    ['has an argument too many', ['--out', 'x', 'relay'], "Unexpected argument 'relay'"],
    ['names an unknown stage', ['--out', 'x', '--process', 'upgrade,relay'], 'no stage "relay"'],
    ['names no stage', ['--out', 'x', '--process', ''], 'no stage ""'],
    [
      'names an account of the server',
      ['--out', 'x', '--account', '$SYS'],
      'no name of an account',
    ],
    [
      'wants to give a user a new key and to take the old one at once',
      ['--out', 'x', '--rotate', 'relay', '--retire', 'relay'],
      'relay cannot be rotated and retired at once',
    ],
  ])('is refused that %s', (_what, args, words) => {
    expect(() => asked(args)).toThrow(WrongCallError);
    expect(() => asked(args)).toThrow(words);
  });
});
