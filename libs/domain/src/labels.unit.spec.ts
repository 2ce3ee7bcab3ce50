import { isLimit, isWithin, labelsInWords } from './labels';

const LIMIT = { team: 'payments', region: 'eu' };

describe('a limit by labels', () => {
  it.each([
    ['all of its labels, and others', { ...LIMIT, stage: 'live' }, true],
    ['its labels alone', LIMIT, true],
    ['one of two', { team: 'payments' }, false],
    ['another text under a name', { ...LIMIT, region: 'us' }, false],
    ['a text that only begins like its own', { ...LIMIT, team: 'payments-2' }, false],
    ['other letters', { ...LIMIT, team: 'Payments' }, false],
    ['nothing', {}, false],
  ])('holds what carries %s: %j %s', (_what, labels, isHeld) => {
    expect(isWithin(labels, LIMIT)).toBe(isHeld);
  });

  it('without labels holds everything', () => {
    expect([isWithin({}, {}), isWithin(LIMIT, {})]).toEqual([true, true]);
    expect([isLimit({}), isLimit(LIMIT)]).toEqual([false, true]);
  });

  it('takes nothing that every object has for a label', () => {
    const inherited = { constructor: 'x' } as Readonly<Record<string, string>>;
    expect(isWithin(Object.create(inherited) as object as typeof inherited, inherited)).toBe(false);
  });

  it('is told as it is given on the command line', () => {
    expect(labelsInWords(LIMIT)).toBe('team=payments, region=eu');
  });
});
