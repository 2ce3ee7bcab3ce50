import { Health } from '../health/health';
import { VirtualClock } from '../testing';
import { BeatGuard } from './beat-guard';

const guards: BeatGuard[] = [];
afterEach(() => Promise.all(guards.splice(0).map((guard) => guard.stop())));

function guarded() {
  const clock = new VirtualClock();
  const health = new Health(clock);
  health.markStarted();
  const ends: unknown[] = [];
  const onStandstill = (reasons: unknown) => void ends.push(reasons);
  const guard = new BeatGuard({ health, clock, limitMs: 60_000, onStandstill });
  guards.push(guard);
  return { clock, health, guard, ends };
}

test('a loop that stands still for the limit is told', async () => {
  const { clock, health, ends } = guarded();
  clock.every(5_000, health.loop('projection'));
  health.loop('publish');
  await clock.advance(59_000);
  expect(ends).toEqual([]);
  await clock.advance(1_000);
  expect(ends).toEqual([{ publish: 'no beat for 60000 ms' }]);
});

test('loops that beat are let alone', async () => {
  const { clock, health, ends } = guarded();
  clock.every(5_000, health.loop('publish'));
  await clock.advance(600_000);
  expect(ends).toEqual([]);
});

test('the event loop is seen to turn every second', async () => {
  const { clock, guard } = guarded();
  await clock.advance(10_000);
  expect(guard.turns[0]).toBe(10);
});

test('ten minutes in which the process was stopped do not count', async () => {
  const { clock, health, ends } = guarded();
  health.loop('publish');
  await clock.advance(30_000);
  clock.standStill(600_000);
  await clock.advance(27_000);
  expect(ends).toEqual([]);
  await clock.advance(3_000);
  expect(ends[0]).toEqual({ publish: 'no beat for 60000 ms' });
});
