import { SeededRandomness } from '@uplift/runtime/testing';
import { askedPause, detailOf, outcomeOf, pauseAfter } from './retry-policy';

const TIMES = { firstMs: 1_000, longestMs: 900_000 };
const NOW = Date.parse('2026-03-01T10:00:00Z');

it.each([
  ...[200, 204, 299].map((status) => [status, 'delivered']),
  ...[301, 302, 400, 401, 404, 410, 422].map((status) => [status, 'refused']),
  ...[408, 425, 429, 500, 502, 503, 504].map((status) => [status, 'away']),
] as const)('an answer of %d is %s', (status, outcome) => {
  expect(outcomeOf(Number(status))).toBe(outcome);
});

it('a redirect is told as what it is', () => {
  expect(detailOf(302)).toBe('answered 302: redirects are not followed');
});

it('pauses double up to the longest, half of each by chance', () => {
  const randomness = new SeededRandomness(5);
  for (const [failures, full] of [
    ...[1, 2, 3, 4].map((n) => [n, 1_000 * 2 ** (n - 1)] as const),
    ...[20, 10_000].map((n) => [n, TIMES.longestMs] as const),
  ]) {
    const pauses = Array.from({ length: 50 }, () => pauseAfter(failures, TIMES, randomness));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(full / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(full);
    expect(new Set(pauses).size).toBeGreaterThan(10);
  }
});

it.each([
  [undefined, 0],
  ['7', 7_000],
  ['Sun, 01 Mar 2026 10:01:00 GMT', 60_000],
  ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
  ['999999999', 900_000],
  ['soon', 0],
  ['-5', 0],
  ['', 0],
])('a receiver that asks for %j is left alone for %d ms', (asked, ms) => {
  expect(askedPause(asked, NOW, TIMES.longestMs)).toBe(ms);
});
