import type { StoredEvent } from '@uplift/contracts';
import { EventStoreUnavailableError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { checkpointAt } from '../testing/checkpoint-at';
import { HeadWatch } from './head-watch';
import { ProjectionProgress } from './projection-progress';

const CHECKPOINT = checkpointAt(100n);

const EVENT = { ...CHECKPOINT.lastEvent, position: 100n, metadata: { hash: 'hash-100' } };

/** Holds the checkpoint's event, or another in its place. */
class StoreEndingAt extends InMemoryEventStore {
  constructor(
    private readonly end: bigint | Error,
    private readonly held: object = EVENT,
  ) {
    super();
  }
  override load(): Promise<StoredEvent[]> {
    return Promise.resolve([this.held as StoredEvent]);
  }

  override lastPosition(): Promise<bigint | null> {
    if (typeof this.end === 'bigint') return Promise.resolve(this.end);
    return Promise.reject(this.end);
  }
}

/** Two looks that leave any silence too long. */
async function lookTwice(
  end: bigint | Error,
  held?: object,
): Promise<{
  readonly progress: ProjectionProgress;
  readonly seen: string[];
}> {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  progress.moveTo(CHECKPOINT);
  const seen: string[] = [];
  const watch = new HeadWatch(new StoreEndingAt(end, held), progress, {
    clock,
    onLook: () => seen.push('look'),
    onSilence: () => seen.push('silence'),
    onAnotherStore: () => seen.push('another store'),
    silenceLimitMs: 0,
  });
  await watch.look();
  await watch.look();
  return { progress, seen };
}

test('events in the store that never arrive are noticed', async () => {
  const { progress, seen } = await lookTwice(500n);
  expect(progress).toMatchObject({ isAtHead: false, head: { position: 500n } });
  expect(seen).toEqual(['look', 'look', 'silence']);
});

test('silence at the end of the store is no silence', async () => {
  expect((await lookTwice(100n)).seen).toEqual(['look', 'look']);
});

test('a store that does not answer leaves the head unknown', async () => {
  const { progress, seen } = await lookTwice(new EventStoreUnavailableError('away'));
  expect(progress.head).toBeUndefined();
  expect(seen.filter((what) => what === 'look')).toHaveLength(2);
});

test.each([
  ['another event', { ...EVENT, id: 'another' }],
  ['the same event with another history', { ...EVENT, metadata: { hash: 'another' } }],
  ['the event at another position', { ...EVENT, position: 50n }],
])('a store that has %s in the place of the last one folded is noticed', async (_what, held) => {
  expect((await lookTwice(100n, held)).seen).toEqual(['another store', 'look', 'look']);
});
