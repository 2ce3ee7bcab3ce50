import { placesOf } from './stream-memory';

describe('the places of a command', () => {
  it.each<[string, string, readonly number[]]>([
    ['a revision that begins as the key does', '00000000-0000-4000-8000-000000000000', [12]],
    ['a key that the revision completes', '30000123-0000-4000-8000-000000000000', [1234]],
    ['a key on no entry’s own place', '00012340-0000-4000-8000-000000000000', []],
  ])('are found beside %s', (_words, commandId, places) => {
    expect(placesOf(commandId, '00000000000000123000012300001234')).toEqual(places);
  });

  it('are told newest first', () => {
    const commandId = 'abcdef01-0000-4000-8000-000000000000';
    expect(placesOf(commandId, 'abcdef01000000020000000000000003abcdef0100000004')).toEqual([4, 2]);
  });
});
