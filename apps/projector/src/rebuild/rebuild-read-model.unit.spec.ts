import type { StoredEvent } from '@uplift/contracts';
import type { AllEventsBatch } from '@uplift/event-store';
import { largeBatches } from './rebuild-read-model';

async function* batchesOf(...sizes: [count: number, caughtUp: boolean][]) {
  for (const [count, caughtUp] of sizes) {
    const events = Array.from({ length: count }, () => ({}) as StoredEvent);
    yield await Promise.resolve<AllEventsBatch>({ events, foreign: 0, upTo: null, caughtUp });
  }
}

async function sizesOf(batches: AsyncIterable<AllEventsBatch>): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { events } of batches) sizes.push(events.length);
  return sizes;
}

test('small batches are joined until they are large enough', async () => {
  const batches = batchesOf([3, false], [4, false], [5, false], [2, true]);
  expect(await sizesOf(largeBatches(batches, 7))).toEqual([7, 7]);
});

test('at the end of the history nothing is held back, not even nothing', async () => {
  expect(await sizesOf(largeBatches(batchesOf([1, true], [0, true]), 100))).toEqual([1, 0]);
});
