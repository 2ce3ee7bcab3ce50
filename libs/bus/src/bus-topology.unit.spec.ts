import {
  CONSUMERS,
  consumerRow,
  differences,
  uncorrected,
  wantedConsumers,
  wantedStream,
} from './bus-topology';

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

it('leaves to the operator what is set at creation alone, and tells of it', () => {
  const stream = wantedStream({ replicas: 1 });
  const [consumer] = wantedConsumers();
  const changed = { num_replicas: 3, max_bytes: 5_000_000_000, placement: { cluster: 'east' } };
  const found = { ...stream.kept, ...stream.atCreation, ...changed, description: 'ours' };
  expect(uncorrected(found, stream)).toEqual([]);
  expect(differences(found, stream)).toEqual([
    'UPLIFT_EVENTS: num_replicas is 3, set here: 1',
    'UPLIFT_EVENTS: max_bytes is 5000000000, set here: none',
    'UPLIFT_EVENTS: placement is {"cluster":"east"}, set here: none',
    expect.stringContaining('UPLIFT_EVENTS: description is "ours"'),
  ]);
  const held = { ...consumer!.kept, ...consumer!.atCreation, max_ack_pending: 77 };
  expect(uncorrected(held, consumer!)).toEqual([]);
  expect(differences(held, consumer!)).toEqual([
    `${consumer!.name}: max_ack_pending is 77, set here: 20000`,
  ]);
});

it.each([
  ['republish', { src: '>', dest: 'uplift.cmd.v1.system.accept-store' }],
  ['subject_transform', { src: '>', dest: 'elsewhere.>' }],
  ['sources', [{ name: 'OTHER' }]],
  ['mirror', { name: 'OTHER' }],
  ['mirror_direct', true],
  ['consumer_limits', { inactive_threshold: 1_000_000_000 }],
  ['subject_delete_marker_ttl', 1_000_000_000],
  ['allow_msg_counter', true],
  ['allow_msg_schedules', true],
  ['allow_atomic', true],
  ['allow_batched', true],
])('has nothing sent on, taken in or kept otherwise by %s', (setting, value) => {
  const stream = wantedStream({});
  const found = { ...stream.kept, ...stream.atCreation, consumer_limits: {}, [setting]: value };
  expect(uncorrected(found, stream)).toEqual([setting]);
});

it('tells of messages that may expire, which no server takes back', () => {
  const stream = wantedStream({});
  const found = { ...stream.kept, ...stream.atCreation, allow_msg_ttl: true };
  expect(uncorrected(found, stream)).toEqual([]);
  expect(differences(found, stream)).toEqual([
    'UPLIFT_EVENTS: allow_msg_ttl is true, set here: none',
  ]);
});

it('lets no message be dropped, deleted or forgotten', () => {
  expect(wantedStream({}).kept).toMatchObject({
    ...{ discard: 'new', max_age: 0, max_msgs: -1, max_msgs_per_subject: -1 },
    ...{ deny_delete: true, deny_purge: true, allow_rollup_hdrs: false, allow_direct: false },
  });
  for (const { kept } of wantedConsumers()) {
    expect(kept).toMatchObject({
      ...{ ack_policy: 'explicit', deliver_policy: 'all', max_deliver: -1 },
      inactive_threshold: 0,
    });
  }
});
