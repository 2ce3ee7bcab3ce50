import { ackActionFor, DONE, LONGEST_NAK_MS, outcomeOf, REJECTED, THROWN } from './ack-policy';

it('acknowledges what is done and drops what is rejected', () => {
  expect(ackActionFor(DONE, 1)).toEqual({ kind: 'ack' });
  expect(ackActionFor(REJECTED, 1)).toEqual({ kind: 'term' });
});

it.each([
  [0, 0],
  [1_500.4, 1_500],
  [-5, 0],
  [600_000, LONGEST_NAK_MS],
  [Number.NaN, LONGEST_NAK_MS],
])('a retry after %d ms is asked for after %d ms', (delayMs, asked) => {
  const action = ackActionFor({ kind: 'retry', delayMs }, 1);
  expect(action).toEqual({ kind: 'nak', delayMs: asked });
});

it('waits longer after each error, never longer than allowed', () => {
  const delays = [1, 2, 3, 8, 1_000].map((count) => ackActionFor(THROWN, count));
  expect(delays.map((action) => 'delayMs' in action && action.delayMs)).toEqual([
    250,
    500,
    1_000,
    LONGEST_NAK_MS,
    LONGEST_NAK_MS,
  ]);
});

it('takes nothing for done, and anything unknown for a failure', () => {
  expect(outcomeOf(undefined)).toBe(DONE);
  expect(outcomeOf(null)).toBe(DONE);
  expect(outcomeOf(REJECTED)).toBe(REJECTED);
  expect(outcomeOf({ kind: 'other' })).toBe(THROWN);
  expect(outcomeOf('text')).toBe(THROWN);
});
