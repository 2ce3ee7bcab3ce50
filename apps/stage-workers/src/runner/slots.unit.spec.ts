import { Slots } from './slots';

/** Work that ends when it is told to. */
function openWork() {
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  const work = (n: number) => () => {
    started.push(n);
    return new Promise<number>((resolve) => ends.set(n, () => resolve(n)));
  };
  return { started, work, end: (n: number) => ends.get(n)?.() };
}

describe('slots', () => {
  it('runs no more at once than there are slots, the others in their order', async () => {
    const { started, work, end } = openWork();
    const slots = new Slots(2);
    const [first, second, third] = [1, 2, 3].map((n) => slots.run(work(n)));
    await Promise.resolve();
    expect(started).toEqual([1, 2]);
    end(2);
    await second;
    await Promise.resolve();
    expect(started).toEqual([1, 2, 3]);
    end(1);
    end(3);
    expect(await Promise.all([first, third])).toEqual([1, 3]);
  });

  it('frees the slot of work that failed', async () => {
    const slots = new Slots(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(slots.run(() => Promise.resolve(1))).resolves.toBe(1);
  });
});
