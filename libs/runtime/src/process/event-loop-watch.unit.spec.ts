import { EventLoopWatch } from './event-loop-watch';

const PAUSE_MS = 1_000;

test('counts from the last turn that was seen', () => {
  const watch = new EventLoopWatch(PAUSE_MS, 0);
  expect(watch.look(1, 1_000)).toBe(0);
  expect(watch.look(1, 2_000)).toBe(1_000);
  expect(watch.look(1, 3_100)).toBe(2_100);
  expect(watch.look(2, 4_100)).toBe(0);
});

test('a process that never turned counts from its start', () => {
  const watch = new EventLoopWatch(PAUSE_MS, 0);
  expect(watch.look(0, 1_000)).toBe(1_000);
});

test('ten minutes in which both threads were stopped are not ten minutes of standing still', () => {
  const watch = new EventLoopWatch(PAUSE_MS, 0);
  watch.look(1, 1_000);
  expect(watch.look(1, 601_000)).toBe(2_000);
  expect(watch.look(2, 602_000)).toBe(0);
});
