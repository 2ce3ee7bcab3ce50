import { VirtualClock } from '@uplift/runtime/testing';
import { checkpointAt } from '../testing/checkpoint-at';
import { ProjectionProgress } from './projection-progress';

test('who waits for a position is woken when it is reached, not before', async () => {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  progress.moveTo(checkpointAt(100n));
  let isWoken = false;
  const waiting = progress.reaches(200n, 5_000).finally(() => (isWoken = true));
  progress.moveTo(checkpointAt(150n));
  await clock.advance(0);
  expect(isWoken).toBe(false);
  progress.moveTo(checkpointAt(250n));
  expect(await waiting).toBe(true);
});

test('a position that was reached needs no waiting', async () => {
  const progress = new ProjectionProgress(new VirtualClock());
  progress.moveTo(checkpointAt(100n));
  expect(await progress.reaches(100n, 0)).toBe(true);
});

test('who waits too long is told so', async () => {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  const waiting = [progress.reaches(1n, 1), progress.reaches(1n, 2)];
  await clock.advance(1);
  expect(await waiting[0]).toBe(false);
  progress.moveTo(checkpointAt(null));
  await clock.advance(1);
  expect(await waiting[1]).toBe(false);
});

test('missing events are estimated from the positions passed so far', () => {
  const progress = new ProjectionProgress(new VirtualClock());
  progress.moveTo(checkpointAt(1_000n, { events: 10 }));
  progress.see({ position: 2_000n, seenAt: 1 });
  expect(progress).toMatchObject({ missingEvents: 10, isAtHead: false });
  progress.moveTo(checkpointAt(2_000n, { events: 17 }));
  expect(progress).toMatchObject({ missingEvents: 0, isAtHead: true });
});

test('an empty store is never ahead', () => {
  const progress = new ProjectionProgress(new VirtualClock());
  expect(progress.isAtHead).toBe(false);
  progress.moveTo(checkpointAt(null));
  progress.see({ position: null, seenAt: 1 });
  expect(progress).toMatchObject({ missingEvents: 0, isAtHead: true });
});

test('no position counts as reached while the rows are of another store', async () => {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  progress.moveTo(checkpointAt(900n));
  progress.isOfAnotherStore = true;
  expect(await progress.reaches(null, 0)).toBe(true);
  expect(progress.isAt(100n)).toBe(false);
  let reached: boolean | undefined;
  const waiting = progress.reaches(100n, 5_000).then((has) => (reached = has));
  progress.moveTo(checkpointAt(500n));
  await clock.advance(1_000);
  expect(reached).toBeUndefined();
  progress.isOfAnotherStore = false;
  expect(await waiting).toBe(true);
});
