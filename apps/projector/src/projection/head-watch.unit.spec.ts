import { EventStoreUnavailableError } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { checkpointAt } from '../testing/checkpoint-at';
import { HeadWatch } from './head-watch';
import { ProjectionProgress } from './projection-progress';

const CHECKPOINT = checkpointAt(100n);

class StoreEndingAt extends InMemoryEventStore {
  constructor(private readonly end: bigint | Error) {
    super();
  }

  override lastPosition(): Promise<bigint | null> {
    if (typeof this.end === 'bigint') return Promise.resolve(this.end);
    return Promise.reject(this.end);
  }
}

/** Two looks that leave any silence too long. */
async function lookTwice(end: bigint | Error): Promise<{
  readonly progress: ProjectionProgress;
  readonly seen: string[];
}> {
  const clock = new VirtualClock();
  const progress = new ProjectionProgress(clock);
  progress.moveTo(CHECKPOINT);
  const seen: string[] = [];
  const watch = new HeadWatch(new StoreEndingAt(end), progress, {
    clock,
    onLook: () => seen.push('look'),
    onSilence: () => seen.push('silence'),
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
