import fc from 'fast-check';
import { deepEqual } from './registration.commands';

describe('deepEqual', () => {
  it('holds between a JSON value and its copy', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(deepEqual(value, structuredClone(value))).toBe(true);
      }),
    );
  });

  it('ignores the order of keys', () => {
    expect(deepEqual({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
  });

  it.each([
    [1, 2],
    [null, {}],
    [{}, null],
    [[], {}],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: [1] }, { a: [2] }],
    ['1', 1],
  ])('tells %j from %j', (left, right) => {
    expect(deepEqual(left, right)).toBe(false);
  });
});
