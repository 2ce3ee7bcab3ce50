import { event } from '@uplift/domain/testing';
import { InstanceHistory, NO_STREAM } from '@uplift/event-store';
import { growHistory, InMemoryEventStore } from '@uplift/event-store/testing';
import { findingsOf } from '../history/findings';

const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';
const CAUSE = {
  causationId: 'c0000000-0000-4000-8000-000000000001',
  step: 'RegisterInstance',
  correlationId: INSTANCE_ID,
  actor: { type: 'system', id: 'spec' },
  commandFingerprint: 'f'.repeat(64),
} as const;

async function setUp(registration = event('InstanceRegistered')) {
  const store = new InMemoryEventStore();
  const history = new InstanceHistory(store, 'command-api', { snapshotEvery: 64 });
  await history.append(INSTANCE_ID, NO_STREAM, [registration], CAUSE);
  return { store, history };
}

test.each([
  [1, 1],
  [2, 3],
  [300, 301],
])(
  'an instance that is to begin with %d events has %d, and is as it was',
  async (toLength, has) => {
    const { store, history } = await setUp();
    const before = await history.load(INSTANCE_ID);
    await growHistory(history, INSTANCE_ID, { toLength, reportsAtOnce: 1 });
    const { state, head } = await history.load(INSTANCE_ID);
    expect(head.revision + 1).toBe(has);
    expect(state).toEqual(before.state);
    const { events } = await store.readAll(null, has + 1);
    expect(findingsOf({ store: events }, {})).toEqual([]);
  },
);

test('several reports are one append where that is asked for', async () => {
  const { store, history } = await setUp();
  await growHistory(history, INSTANCE_ID, { toLength: 33, reportsAtOnce: 32 });
  const { events } = await store.readAll(null, 100);
  const causes = events.map(({ metadata }) => metadata.$causationId);
  expect([events.length, new Set(causes).size]).toEqual([33, 2]);
});

test('an instance that is not healthy is left as it is', async () => {
  const { history } = await setUp(event('InstanceRegistered', { status: 'running-unhealthy' }));
  const growing = growHistory(history, INSTANCE_ID, { toLength: 9, reportsAtOnce: 1 });
  await expect(growing).rejects.toThrow('is running-unhealthy, not healthy');
  expect((await history.load(INSTANCE_ID)).head.revision).toBe(0);
});

test('an instance whose growth is ended early is as it was', async () => {
  const { store, history } = await setUp();
  const before = await history.load(INSTANCE_ID);
  const ending = new AbortController();
  const append = store.append.bind(store);
  jest.spyOn(store, 'append').mockImplementationOnce((...given) => {
    ending.abort();
    return append(...given);
  });
  await growHistory(history, INSTANCE_ID, {
    toLength: 300,
    reportsAtOnce: 1,
    signal: ending.signal,
  });
  const after = await history.load(INSTANCE_ID);
  expect([after.head.revision, after.state]).toEqual([2, before.state]);
});
