import type { Query } from '@uplift/contracts';
import { instanceStream } from '@uplift/contracts';
import { InstanceHistory } from '@uplift/event-store';
import { growHistory, InMemoryEventStore } from '@uplift/event-store/testing';
import { commandServiceOn, INSTANCE_ID, registration } from '../testing/command-requests';
import { CountingEventStore } from '../testing/counting.event-store';
import { EventPages } from './event-pages';

type Asked = Omit<Query<'instanceEvents'>, 'instanceId'>;

const STREAM = instanceStream(INSTANCE_ID);

async function setUp(length: number) {
  const store = new CountingEventStore();
  await commandServiceOn(store).service.execute(registration());
  const history = new InstanceHistory(store, 'command-api');
  const grow = (toLength: number) =>
    growHistory(history, INSTANCE_ID, { toLength, reportsAtOnce: 1 });
  await grow(length);
  const pages = new EventPages(store);
  const page = async (asked: Asked) => {
    store.handedOut = 0;
    const { items, nextRevision } = await pages.page({ instanceId: INSTANCE_ID, ...asked });
    return { revisions: items.map(({ revision }) => revision), nextRevision };
  };
  return { store, grow, page };
}

test.each<[string, Asked, readonly number[], number | null]>([
  ['from the first event', {}, [0, 1, 2, 3, 4], null],
  ['so many', { limit: 2 }, [0, 1], 2],
  ['from a revision on', { from: 2, limit: 2 }, [2, 3], 4],
  ['up to the end', { from: 3, limit: 2 }, [3, 4], null],
  ['none behind the end', { from: 5 }, [], null],
  ['from the last event back', { order: 'newest-first' }, [4, 3, 2, 1, 0], null],
  ['so many of the last', { order: 'newest-first', limit: 2 }, [4, 3], 2],
  ['from a revision back', { order: 'newest-first', from: 2, limit: 2 }, [2, 1], 0],
  ['back to the first', { order: 'newest-first', from: 0, limit: 2 }, [0], null],
  ['the last for a revision behind', { order: 'newest-first', from: 9, limit: 1 }, [4], 3],
])('a page has events %s', async (_words, asked, revisions, nextRevision) => {
  const { page } = await setUp(5);
  expect(await page(asked)).toEqual({ revisions, nextRevision });
});

test.each<Asked>([
  {},
  { from: 300 },
  { from: 601 },
  { order: 'newest-first' },
  { order: 'newest-first', from: 300 },
])('a page of %j of a long stream reads little more than it has', async (asked) => {
  const { store, page } = await setUp(601);
  await page({ ...asked, limit: 10 });
  expect(store.handedOut).toBeLessThanOrEqual(12);
});

test('events that come meanwhile move no page', async () => {
  const { page, grow } = await setUp(7);
  const first = await page({ order: 'newest-first', limit: 3 });
  await grow(11);
  const second = await page({ order: 'newest-first', from: first.nextRevision!, limit: 3 });
  expect([...first.revisions, ...second.revisions]).toEqual([6, 5, 4, 3, 2, 1]);
});

test.each<Asked>([{}, { from: 3 }, { order: 'newest-first' }, { order: 'newest-first', from: 3 }])(
  'of an instance that is not registered there is none: %j',
  async (asked) => {
    const pages = new EventPages(new InMemoryEventStore());
    const unknown = { problem: { code: 'instance-unknown', instanceId: INSTANCE_ID } };
    await expect(pages.page({ instanceId: INSTANCE_ID, ...asked })).rejects.toMatchObject(unknown);
  },
);

test.each<Asked>([{}, { from: 3 }, { from: 9 }, { order: 'newest-first', limit: 1 }])(
  'of a stream that was cut there is none, wherever it would begin: %j',
  async (asked) => {
    const { store, page } = await setUp(5);
    store.remove(STREAM, 'truncated');
    await expect(page(asked)).rejects.toMatchObject({ code: 'stream-gone' });
  },
);
