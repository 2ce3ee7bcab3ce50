import { CONSUMERS, consumerRow } from './bus-topology';

it('has one row per durable, each name legal', () => {
  const names = CONSUMERS.map((row) => row.durable);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z-]+$/);
});

it('lets at least two full processes of short work take messages at once', () => {
  for (const row of CONSUMERS) {
    expect(row.maxAckPending).toBeGreaterThanOrEqual(row.concurrency);
    expect(row.batch).toBeLessThanOrEqual(row.concurrency);
  }
});

it('finds a row by its durable, and none for an unknown name', () => {
  expect(consumerRow('upgrade')?.filterSubject).toBe('uplift.evt.v1.instance.upgrade-pending.*');
  expect(consumerRow('nothing')).toBeUndefined();
});
