import { duration, durationOrNone } from './duration';

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [1_000, '1 s'],
    [12_340, '12.3 s'],
    [60_000, '1 min'],
    [245_000, '4 min 5 s'],
    [3_599_800, '60 min'],
    [7_380_000, '2 h 3 min'],
    [86_400_000, '1 d'],
    [187_200_000, '2 d 4 h'],
  ])('of %d ms is %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('that is not there is a dash', () => {
    expect([durationOrNone(null), durationOrNone(5)]).toEqual(['–', '5 ms']);
  });
});
