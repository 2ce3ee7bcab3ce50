import { createLogger } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { ProjectionProgress } from '../projection/projection-progress';
import { checkpointAt } from '../testing/checkpoint-at';
import { InMemoryReadModel } from '../testing/in-memory.read-model';
import { asOf, SnapshotReader } from './snapshot-reader';

const CHECKPOINT = checkpointAt(500n, { lastEventAt: 10_000, updatedAt: 10_050 });
const UNKNOWN = { head: undefined, stale: undefined };
const following = (position: bigint | null) => ({ ...UNKNOWN, head: { position, seenAt: 70_000 } });

test('an answer at the end of the store is as old as the last look at the store', () => {
  expect(asOf(CHECKPOINT, following(500n), 70_400)).toEqual({
    position: '500',
    at: '1970-01-01T00:01:10.000Z',
    ageMs: 400,
  });
});

test('an answer that lags is as old as its last event', () => {
  const answer = asOf(CHECKPOINT, following(900n), 70_400);
  expect(answer).toMatchObject({ at: '1970-01-01T00:00:10.000Z', ageMs: 60_400 });
});

test('while the store was never reached the last event counts', () => {
  expect(asOf(CHECKPOINT, UNKNOWN, 12_000)).toMatchObject({ ageMs: 2_000 });
});

test('an empty read model of an empty store is up to date', () => {
  const empty = checkpointAt(null);
  const answer = asOf(empty, following(null), 70_000);
  expect(answer).toMatchObject({ position: '0', ageMs: 0 });
});

test('a store clock ahead of ours makes no negative age', () => {
  expect(asOf({ ...CHECKPOINT, lastEventAt: 99_000 }, UNKNOWN, 50_000).ageMs).toBe(0);
});

test('rows of another store are as old as their last event, wherever the store ends', () => {
  const stale = { reason: 'store-diverged', detail: 'stopped' } as const;
  expect(asOf(CHECKPOINT, { ...following(500n), stale }, 70_400)).toMatchObject({
    ageMs: 60_400,
    reason: 'store-diverged',
    detail: 'stopped',
  });
});

test('an answer reflects what was looked at behind the last event of ours', () => {
  expect(asOf({ ...CHECKPOINT, seenUpTo: 700n }, following(500n), 70_400)).toMatchObject({
    position: '700',
    ageMs: 400,
  });
});

function reading() {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  const readModel = new InMemoryReadModel(clock);
  const logger = createLogger('projector', { level: 'silent' });
  const maxPayload = () => 1_000_000;
  const stale = () => undefined;
  const reader = new SnapshotReader({ readModel, progress, clock, logger, maxPayload, stale });
  const ask = (query: { minPosition?: string }) => reader.read(query, () => Promise.resolve({}));
  return { clock, progress, ask };
}

test('a query that names a position is not answered before it is reached', async () => {
  const { clock, progress, ask } = reading();
  progress.moveTo(checkpointAt(500n));
  let answered = 0;
  const waiting = ask({ minPosition: '501' }).finally(() => (answered += 1));
  await clock.advance(3_000);
  expect(answered).toBe(0);
  progress.moveTo(checkpointAt(501n));
  await waiting;

  const late = expect(ask({ minPosition: '502' })).rejects.toMatchObject({
    problem: { code: 'read-model-behind', status: 409 },
  });
  await clock.advance(5_000);
  await late;
});

test('queries that wait for a position leave room for those that do not', async () => {
  const { clock, ask } = reading();
  const waits = Array.from({ length: 500 }, () => ask({ minPosition: '9' }));
  const ended = Promise.allSettled(waits);

  await expect(ask({ minPosition: '9' })).rejects.toMatchObject({
    problem: { code: 'too-many-waits', status: 429, retryable: true },
  });
  await expect(ask({})).resolves.toMatchObject({ stops: [] });

  await clock.advance(5_000);
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
});
