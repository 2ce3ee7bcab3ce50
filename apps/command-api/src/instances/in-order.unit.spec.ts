import { mapInOrder } from './in-order';

async function* numbers(count: number) {
  for (let n = 0; n < count; n++) yield await Promise.resolve(n);
}

describe('mapInOrder', () => {
  it('keeps the order and never has more in work than allowed', async () => {
    let inWork = 0;
    let most = 0;
    const work = async (n: number) => {
      most = Math.max(most, ++inWork);
      for (let turns = n % 3; turns >= 0; turns--) await Promise.resolve();
      inWork -= 1;
      return n * 2;
    };

    const results: number[] = [];
    for await (const result of mapInOrder(numbers(50), 4, work)) results.push(result);

    expect(results).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
    expect(most).toBeLessThanOrEqual(4);
  });
});
