import { JitteredBackoff } from './jittered-backoff';

test('pauses double up to five seconds and start again after a success', () => {
  const backoff = new JitteredBackoff(() => 1);
  const pauses = Array.from({ length: 8 }, () => backoff.next());
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test('half of a pause is left to chance', () => {
  expect(new JitteredBackoff(() => 0).next()).toBe(50);
});
