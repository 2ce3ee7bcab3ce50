import type { StoredEvent } from '@uplift/contracts';
import {
  CLOCK_STREAM,
  DECISIONS_STREAM,
  FINDINGS_STREAM,
  refusalStream,
  SYSTEM_STREAM,
} from '@uplift/contracts';
import type { InstanceView, UpgradeView } from '@uplift/domain';
import { evolveInstanceView, evolveUpgradeView } from '@uplift/domain';
import {
  event,
  EXAMPLE_SYSTEM_DATA,
  INSTANCE_ID,
  recorded,
  upTo,
  WHOLE_UPGRADE,
} from '@uplift/domain/testing';
import type { KnownRows } from './read-model-fold';
import { ReadModelFold } from './read-model-fold';
import type { ReadableEvent } from './readable-event';
import { readEvent } from './readable-event';

const NOTHING: KnownRows = {
  instance: () => undefined,
  upgrade: () => undefined,
  finding: () => undefined,
};
const HISTORY = recorded(WHOLE_UPGRADE);
const AT = '2026-03-01T10:00:00.000Z';

function readable(history = HISTORY): ReadableEvent[] {
  return history.map((each) => {
    const { instanceId } = each;
    return { kind: 'instance', instanceId, recorded: each, stored: storedFrom(each) };
  });
}

function storedFrom({ eventId, revision, event: { type, data } }: (typeof HISTORY)[number]) {
  const stream = `instance-${INSTANCE_ID}`;
  const position = BigInt(revision + 1) * 100n;
  const metadata = { schemaVersion: 1, hash: `hash-${revision}` };
  const place = { stream, revision, position, recordedAt: AT };
  return { id: eventId, type, data, ...place, metadata } as StoredEvent;
}

function knownAfter(count: number): KnownRows {
  const past = HISTORY.slice(0, count);
  const instance = past.reduce<InstanceView | null>(evolveInstanceView, null) ?? undefined;
  const upgrade = past.reduce<UpgradeView | null>(evolveUpgradeView, null) ?? undefined;
  return { ...NOTHING, instance: () => instance, upgrade: () => upgrade };
}

test('a batch leaves each row once, in its last form, and every timeline entry', () => {
  const fold = new ReadModelFold(NOTHING);
  expect(fold.applyAll(readable())).toBeUndefined();
  expect([...fold.instances.values()]).toMatchObject([{ revision: 13 }]);
  expect([...fold.upgrades.values()]).toMatchObject([{ outcome: 'succeeded' }]);
  expect(fold.timeline.map(({ revision }) => revision)).toEqual(HISTORY.map((_, n) => n));
  expect(fold).toMatchObject({ events: 14, last: { position: 1_400n } });
});

test.each(HISTORY.map((_, n) => n))(
  'cut after %d events, two folds give the rows of one',
  (cut) => {
    const whole = new ReadModelFold(NOTHING);
    whole.applyAll(readable());
    const rest = new ReadModelFold(knownAfter(cut));
    expect(rest.applyAll(readable().slice(cut))).toBeUndefined();
    expect([...rest.instances.values()]).toEqual([...whole.instances.values()]);
    expect(rest.timeline).toEqual(whole.timeline.slice(cut));
  },
);

test('a fold that throws is a reason to stop, and leaves no half of the event behind', () => {
  const fold = new ReadModelFold({
    ...NOTHING,
    upgrade: () => {
      throw new Error('broken row');
    },
  });
  const halted = fold.applyAll(readable(recorded(upTo('UpgradeRequested'))));
  expect(halted?.message).toContain('broken row');
  expect(fold.timeline).toHaveLength(1);
});

test('an instance that was deregistered can be registered again', () => {
  const { data } = event('InstanceRegistered');
  const again = event('InstanceRegistered', {
    ...data,
    profile: { ...data.profile, environment: 'next' },
  });
  const events = [event('InstanceRegistered'), event('InstanceDeregistered'), again];
  const fold = new ReadModelFold(NOTHING);
  expect(fold.applyAll(readable(recorded(events)))).toBeUndefined();
  expect(fold.setAside).toEqual([]);
  expect([...fold.instances.values()]).toMatchObject([
    { status: data.status, environment: 'next', revision: 2, unreadable: null },
  ]);
  expect(fold.timeline).toHaveLength(3);
});

test('an event that is repeated does not fit the rows, and stops the fold before it', () => {
  const fold = new ReadModelFold(NOTHING);
  const halted = fold.applyAll([0, 1, 1].map((revision) => readable()[revision]!));
  expect(halted?.message).toMatch(/Revision 2 of instance-.* should come next, and 1 came/);
  expect(halted?.event?.id).toBe('event-1');
  expect(fold).toMatchObject({ events: 2, setAside: [] });
});

/** An event of the instance as the store may hold it, in the place of one of the history. */
function unlike(revision: number, fields: object): ReadableEvent {
  return readEvent({ ...storedFrom(HISTORY[revision]!), ...fields });
}

const newer = { metadata: { schemaVersion: 2, hash: 'hash' } };
const damaged = { damage: 'metadata: missing', metadata: { schemaVersion: 0 }, data: {} };

describe('an event that cannot be read', () => {
  test.each<[string, number, ReadableEvent]>([
    ['newer-version', 2, unlike(2, newer)],
    ['unknown-type', 2, unlike(2, { type: 'Unheard' })],
    ['invalid-data', 2, unlike(2, { data: { upgradeId: 7 } })],
    ['damaged-metadata', 2, unlike(2, damaged)],
    ['broken-chain', 2, readable()[3]!],
    [
      'illegal-step',
      2,
      readable(recorded([...WHOLE_UPGRADE.slice(0, 2), event('UpgradePending')]))[2]!,
    ],
    [
      'illegal-step',
      1,
      readable(recorded([event('InstanceRegistered'), event('PreUpgradeStarted')]))[1]!,
    ],
    [
      'illegal-step',
      1,
      readable(recorded([event('InstanceRegistered'), event('InstanceRegistered')]))[1]!,
    ],
  ])('(%s) leaves the row as it was known before, with the reason', (reason, count, broken) => {
    const fold = new ReadModelFold(NOTHING);
    const events = [...readable().slice(0, count), broken, ...readable().slice(count + 1)];
    expect(fold.applyAll(events)).toBeUndefined();
    const [row] = fold.instances.values();
    const { unreadable, ...known } = row!;
    const { unreadable: _none, ...before } = knownAfter(count).instance('')!;
    expect(known).toEqual(before);
    expect(unreadable).toMatchObject({
      ...{ eventId: broken.stored.id, eventType: broken.stored.type, reason },
      ...{ revision: broken.stored.revision, since: Date.parse(AT) },
      laterEvents: HISTORY.length - count - 1,
    });
    expect(fold.setAside).toMatchObject([{ fault: { reason } }]);
    expect(fold.timeline).toHaveLength(count + 1);
    expect(fold.timeline.at(-1)).toMatchObject({
      status: before.status,
      note: expect.stringContaining(`cannot be read: ${reason}`) as string,
    });
    expect(fold.events).toBe(events.length);
  });

  it('may be the first of all: the row says that nothing is known', () => {
    const fold = new ReadModelFold(NOTHING);
    fold.applyAll([unlike(0, newer), ...readable().slice(1)]);
    expect([...fold.instances.values()]).toMatchObject([
      { instanceId: INSTANCE_ID, project: '', status: 'new', unreadable: { laterEvents: 13 } },
    ]);
  });

  it('may come behind a truncated history', () => {
    const fold = new ReadModelFold(NOTHING);
    fold.applyAll(readable().slice(5));
    const [row] = fold.instances.values();
    expect(row?.unreadable).toMatchObject({ reason: 'broken-chain', revision: 5 });
  });

  it('stops nobody else', () => {
    const other = HISTORY.map((each) => ({ ...each, instanceId: 'other' }));
    const others = readable(other).map((each) => ({ ...each, instanceId: 'other' }));
    const fold = new ReadModelFold(NOTHING);
    fold.applyAll([unlike(0, newer), ...(others as ReadableEvent[])]);
    expect(fold.instances.get('other')).toMatchObject({ revision: 13, unreadable: null });
  });

  it('shows no more than a line of what is wrong', () => {
    const fold = new ReadModelFold(NOTHING);
    fold.applyAll([unlike(0, { type: 'x'.repeat(9_000) })]);
    expect([...fold.instances.values()][0]?.unreadable?.detail).toHaveLength(500);
  });
});

const at = (stream: string, type: string, fields: object = {}) =>
  readEvent({
    ...{ id: 'event-x', stream, type, data: {}, revision: 0, position: 5_000n, recordedAt: AT },
    metadata: { schemaVersion: 1, hash: 'hash-x' },
    ...fields,
  } as StoredEvent);

describe('an event that changes no row', () => {
  test.each([
    ['a note', at(SYSTEM_STREAM, 'CommandNoted', { data: EXAMPLE_SYSTEM_DATA.CommandNoted })],
    ['a refusal', at(refusalStream(INSTANCE_ID), 'CommandRefused')],
    ['a refusal that this build does not know', at(refusalStream(INSTANCE_ID), 'NeverSeen')],
    ['an event of a category to come', at(`rollout-${INSTANCE_ID}`, 'RolloutPlanned')],
    ['an event of the system that this build does not know', at(SYSTEM_STREAM, 'NeverSeen')],
  ])('moves the checkpoint all the same: %s', (_what, readable) => {
    const fold = new ReadModelFold(NOTHING);
    expect(fold.applyAll([readable])).toBeUndefined();
    const last = { id: 'event-x', position: 5_000n, hash: 'hash-x', revision: 0 };
    const nothing = { instances: [], timeline: [], switches: [], findings: [] };
    expect(fold.changes).toMatchObject({ events: 1, last, ...nothing });
  });

  it('is told of if it should have been read', () => {
    const fold = new ReadModelFold(NOTHING);
    fold.applyAll([at(SYSTEM_STREAM, 'StartsStopped', newer), at(CLOCK_STREAM, 'NeverSeen')]);
    const reasons = fold.setAside.map(({ fault }) => fault.reason);
    expect(reasons).toEqual(['newer-version', 'unknown-type']);
  });
});

test('a switch that is set to and fro in one batch is written once, as it was set last', () => {
  const data = EXAMPLE_SYSTEM_DATA.StartsStopped;
  const fold = new ReadModelFold(NOTHING);
  fold.applyAll([
    at(SYSTEM_STREAM, 'StartsStopped', { data }),
    at(SYSTEM_STREAM, 'StartsAllowed', { data }),
  ]);
  expect(fold.changes?.switches).toMatchObject([{ isStopped: false }]);
});

test('a finding is one row, however often it is told, and closed in it', () => {
  const { FindingRecorded: data, FindingClosed: closing } = EXAMPLE_SYSTEM_DATA;
  const { findingId } = data;
  const fold = new ReadModelFold(NOTHING);
  fold.applyAll([
    at(FINDINGS_STREAM, 'FindingRecorded', { data }),
    at(FINDINGS_STREAM, 'FindingRecorded', { data: { ...data, count: 9 } }),
    at(FINDINGS_STREAM, 'FindingClosed', { data: { ...closing, findingId } }),
  ]);
  expect(fold.changes?.findings).toMatchObject([{ findingId, count: 9, open: false }]);
});

test('the newest decision that the store counts is kept with the checkpoint', () => {
  const data = EXAMPLE_SYSTEM_DATA.StoreAccepted;
  const fold = new ReadModelFold(NOTHING);
  fold.applyAll([at(DECISIONS_STREAM, 'StoreAccepted', { data })]);
  expect(fold.changes?.acceptedStore).toBe('event-x@5000');
});
