import { EventStoreUnavailableError } from './event-store.port';
import { SharedReads } from './shared-reads';

/** Reads that end when the spec says so, each with what was there when it began. */
function slowReads() {
  const shared = new SharedReads<number>();
  const pending: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  let present = 0;
  const begun: number[] = [];
  const read = () =>
    shared.read('instance-1', () => {
      const seen = present;
      begun.push(seen);
      return new Promise<number>((resolve, reject) => {
        pending.push({ end: () => resolve(seen), fail: reject });
      });
    });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const next = async (how: 'end' | Error = 'end') => {
    const reading = pending.shift();
    if (how === 'end') reading?.end();
    else reading?.fail(how);
    await turn();
  };
  return { read, next, begun, write: (value: number) => (present = value) };
}

test('fifty at once are two reads', async () => {
  const { read, next, begun } = slowReads();
  const all = Array.from({ length: 50 }, read);
  await next();
  await next();
  expect(await Promise.all(all)).toHaveLength(50);
  expect(begun).toHaveLength(2);
});

test('nobody sees less than what was there when it asked', async () => {
  const { read, next, write } = slowReads();
  const before = read();
  write(1);
  const after = [read(), read()];
  await next();
  await next();
  expect([await before, ...(await Promise.all(after))]).toEqual([0, 1, 1]);
});

test('a store that does not answer is not asked again for those who wait', async () => {
  const { read, next, begun } = slowReads();
  const all = Promise.allSettled(Array.from({ length: 50 }, read));
  await next(new EventStoreUnavailableError('no answer'));
  expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(50);
  expect(begun).toHaveLength(1);
  const later = read();
  await next();
  expect(await later).toBe(0);
});

test('another failure is of its own read alone', async () => {
  const { read, next } = slowReads();
  const [first, second] = [read(), read()];
  const refused = expect(first).rejects.toThrow('unreadable');
  await next(new Error('unreadable'));
  await refused;
  await next();
  expect(await second).toBe(0);
});
