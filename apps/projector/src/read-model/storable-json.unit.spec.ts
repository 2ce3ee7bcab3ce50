import { toStorableJson } from './storable-json';

test('ordinary text stays as it is, whatever its alphabet', () => {
  const rows = [{ reason: 'naïve 你好 😀 "quoted" \\u0000 written out' }];
  expect(JSON.parse(toStorableJson(rows))).toEqual(rows);
});

test('characters that the database cannot hold become the replacement character', () => {
  const rows = [{ nul: 'a\u0000b', half: 'x\ud83dy', otherHalf: '\ude00', whole: '😀' }];
  expect(JSON.parse(toStorableJson(rows))).toEqual([
    { nul: 'a\ufffdb', half: 'x\ufffdy', otherHalf: '\ufffd', whole: '😀' },
  ]);
});
