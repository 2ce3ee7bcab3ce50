import { choiceFrom, USAGE, UsageError } from './chaos-options';
import { FAULT_KINDS } from './fault-plan';

describe('the options of a chaos run', () => {
  it('are ten minutes of every kind of fault unless others are given', () => {
    expect(choiceFrom([])).toEqual({
      ...{ minutes: 10, seed: 1, rate: 3, clients: 8 },
      ...{ only: FAULT_KINDS, keep: false, plan: false },
    });
    const given = ['--minutes', '0.5', '--seed', '7', '--only', 'kill-store,cut-link', '--keep'];
    expect(choiceFrom(given)).toMatchObject({
      ...{ minutes: 0.5, seed: 7, only: ['kill-store', 'cut-link'], keep: true },
    });
  });

  it('may be asked for', () => {
    expect(choiceFrom(['--help'])).toBeNull();
    for (const option of ['minutes', 'seed', 'rate', 'clients', 'only', 'keep', 'plan']) {
      expect(USAGE).toContain(`--${option}`);
    }
  });

  it.each([
    ['an option that is not known', ['--fast']],
    ['a word that belongs to nothing', ['now']],
    ['no number', ['--minutes', 'ten']],
    ['a number that makes no sense', ['--minutes', '0']],
    ['a seed that is no whole number', ['--seed', '1.5']],
    ['a kind of fault that is not known', ['--only', 'kill-store,earthquake']],
  ])('are refused in one line with %s', (_, args) => {
    expect(() => choiceFrom(args)).toThrow(UsageError);
    expect(() => choiceFrom(args)).toThrow(/^[^\n]+$/);
  });
});
