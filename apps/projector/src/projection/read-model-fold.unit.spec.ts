import type { StoredEvent } from '@uplift/contracts';
import { refusalStream, SYSTEM_STREAM } from '@uplift/contracts';
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
import type { KnownRows, ReadableEvent } from './read-model-fold';
import { readableEvents, ReadModelFold } from './read-model-fold';

const NOTHING: KnownRows = { instance: () => undefined, upgrade: () => undefined };
const HISTORY = recorded(WHOLE_UPGRADE);

function readable(history = HISTORY): ReadableEvent[] {
  return history.map((each) => ({ recorded: each, stored: storedFrom(each) }));
}

function storedFrom({ eventId, revision, event: { type, data } }: (typeof HISTORY)[number]) {
  const stream = `instance-${INSTANCE_ID}`;
  const position = BigInt(revision + 1) * 100n;
  const metadata = { schemaVersion: 1, hash: `hash-${revision}` };
  return { id: eventId, type, data, stream, revision, position, metadata } as StoredEvent;
}

function knownAfter(count: number): KnownRows {
  const past = HISTORY.slice(0, count);
  const instance = past.reduce<InstanceView | null>(evolveInstanceView, null) ?? undefined;
  const upgrade = past.reduce<UpgradeView | null>(evolveUpgradeView, null) ?? undefined;
  return { instance: () => instance, upgrade: () => upgrade };
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

test.each([
  ['skipped', [0, 2]],
  ['repeated', [0, 1, 1]],
  ['first', [1]],
])('an event that is %s stops the fold before it', (_, revisions) => {
  const fold = new ReadModelFold(NOTHING);
  const halted = fold.applyAll(revisions.map((revision) => readable()[revision]!));
  expect(halted?.message).toMatch(/expects revision \d of instance-/);
  expect(halted?.event?.id).toBe(`event-${revisions.at(-1)}`);
  expect(fold.events).toBe(revisions.length - 1);
});

test('an event of an upgrade that was never requested stops the fold', () => {
  const fold = new ReadModelFold(NOTHING);
  const history = recorded([event('InstanceRegistered'), event('PreUpgradeStarted')]);
  expect(fold.applyAll(readable(history))?.message).toContain('never requested');
  expect(fold).toMatchObject({ events: 1 });
});

test('a fold that throws is a reason to stop, and leaves no half of the event behind', () => {
  const fold = new ReadModelFold({
    instance: () => undefined,
    upgrade: () => {
      throw new Error('broken row');
    },
  });
  const halted = fold.applyAll(readable(recorded(upTo('UpgradeRequested'))));
  expect(halted?.message).toContain('broken row');
  expect(fold.timeline).toHaveLength(1);
});

describe('an event that changes no row', () => {
  const at = (stream: string, type: string, data: object) =>
    ({
      ...{ id: 'event-x', stream, type, data, revision: 0, position: 5_000n },
      recordedAt: '2026-03-01T10:00:00.000Z',
      metadata: { schemaVersion: 1, hash: 'hash-x' },
    }) as StoredEvent;

  test.each([
    ['a note', at(SYSTEM_STREAM, 'CommandNoted', EXAMPLE_SYSTEM_DATA.CommandNoted)],
    ['a refusal', at(refusalStream(INSTANCE_ID), 'CommandRefused', {})],
    ['a refusal that this build does not know', at(refusalStream(INSTANCE_ID), 'NeverSeen', {})],
    ['an event of a category to come', at(`rollout-${INSTANCE_ID}`, 'RolloutPlanned', {})],
  ])('moves the checkpoint all the same: %s', (_what, stored) => {
    const { events, halted } = readableEvents([stored]);
    const fold = new ReadModelFold(NOTHING);
    expect([halted, fold.applyAll(events)]).toEqual([undefined, undefined]);
    const nothing = { instances: [], timeline: [], switches: [] };
    const last = { id: 'event-x', position: 5_000n, hash: 'hash-x' };
    expect(fold.changes).toMatchObject({ events: 1, last, ...nothing });
  });

  test.each([['a switch that this build does not know', at(SYSTEM_STREAM, 'NeverSeen', {})]])(
    'stops the projection: %s',
    (_what, stored) => {
      expect(readableEvents([stored]).halted?.event?.id).toBe('event-x');
    },
  );
});

test('a switch that is set to and fro in one batch is written once, as it was set last', () => {
  const at = (revision: number, type: string) =>
    ({
      ...{ id: `event-${revision}`, stream: SYSTEM_STREAM, type, revision },
      ...{ data: EXAMPLE_SYSTEM_DATA.StartsStopped, position: BigInt(revision) },
      recordedAt: '2026-03-01T10:00:00.000Z',
      metadata: { schemaVersion: 1, hash: 'hash-x' },
    }) as StoredEvent;
  const { events } = readableEvents([at(0, 'StartsStopped'), at(1, 'StartsAllowed')]);
  const fold = new ReadModelFold(NOTHING);
  fold.applyAll(events);
  expect(fold.changes?.switches).toMatchObject([{ isStopped: false }]);
});
