import { LagoonAnswerError, LagoonRefusedError } from '../lagoon.outcomes';
import { slicesOf } from '../lagoon.requests';
import { batchAnswers, slotVariables } from './read-answer';

const isText = (value: unknown): value is string => typeof value === 'string';
const error = (message: string, path?: readonly (string | number)[]) => ({
  message,
  ...(path === undefined ? {} : { path }),
});
const PERMISSION = "Unauthorized: You don't have permission";

describe('the answer to many look-ups', () => {
  const answers = (data: Record<string, unknown> | null, ...errors: ReturnType<typeof error>[]) =>
    batchAnswers({ data, errors }, 3, isText);

  it('is what each slot holds, and null where Lagoon says that it is not there', () => {
    expect(answers({ s0: 'a', s1: null, s2: 'c' })).toEqual(['a', null, 'c']);
    const missing = error('Unauthorized', ['s1']);
    expect(answers({ s0: 'a', s1: null, s2: 'c' }, missing)).toEqual(['a', null, 'c']);
  });

  it('is undefined where nobody can tell, and only there', () => {
    expect(answers({ s0: 'a', s1: 7 })).toEqual(['a', undefined, undefined]);
    const flap = error(PERMISSION, ['s1']);
    expect(answers({ s0: 'a', s1: null, s2: 'c' }, flap)).toEqual(['a', undefined, 'c']);
    const inside = error('ER_LOCK_DEADLOCK', ['s2', 'deployments', 0, 'name']);
    expect(answers({ s0: 'a', s1: 'b', s2: 'c' }, inside)).toEqual(['a', 'b', undefined]);
    const both = [error('Unauthorized', ['s0']), error(PERMISSION, ['s0', 'deployments'])];
    expect(answers({ s0: null, s1: 'b', s2: 'c' }, ...both)).toEqual([undefined, 'b', 'c']);
  });

  it('is thrown if no slot got one', () => {
    expect(() => answers({})).toThrow(LagoonAnswerError);
    expect(() => answers(null)).toThrow(LagoonAnswerError);
    const flaps = ['s0', 's1', 's2'].map((slot) => error(PERMISSION, [slot]));
    expect(() => answers(null, ...flaps)).toThrow(LagoonRefusedError);
  });

  it('is thrown if an error names no slot', () => {
    const all = { s0: 'a', s1: 'b', s2: 'c' };
    expect(() => answers(all, error(PERMISSION))).toThrow(LagoonRefusedError);
    expect(() => answers(all, error('ER_LOCK_DEADLOCK'))).toThrow(LagoonAnswerError);
  });

  it('never says of all that they are not there because of one error', () => {
    expect(() => answers(null, error('Unauthorized'))).toThrow(LagoonAnswerError);
  });
});

describe('many look-ups', () => {
  it('are cut into slices', () => {
    expect(slicesOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(slicesOf([], 2)).toEqual([]);
  });

  it('have the variables of each slot under its number', () => {
    const variables = slotVariables(['x', 'y'], (item) => ({ p: item, l: 1 }));
    expect(variables).toEqual({ p0: 'x', l0: 1, p1: 'y', l1: 1 });
  });
});
