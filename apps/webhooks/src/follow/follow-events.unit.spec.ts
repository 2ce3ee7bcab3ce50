import type { MessageOnBus } from '@uplift/bus';
import type { StoredEvent } from '@uplift/contracts';
import { encodeEvent, eventVersion } from '@uplift/contracts';
import { WHOLE_UPGRADE } from '@uplift/domain/testing';
import type { Known, Subscription } from '../store/webhook-store.port';
import { followEvents, instancesIn, NewerEventError, type PassedOver } from './follow-events';

const ID = '0b1c6c0e-0000-4000-8000-000000000002';
const AT = '2026-03-01T10:00:00.123Z';
const ALL: Subscription = {
  ...{ webhookId: 'shop', format: 'cloudevents', events: null, labels: {}, since: AT },
};

function stored(revision: number, changes: Partial<StoredEvent> = {}): StoredEvent {
  const { type, data } = WHOLE_UPGRADE[revision]!;
  return {
    ...{ id: `event-${revision}`, type, data, stream: `instance-${ID}`, revision },
    ...{ position: BigInt(revision), recordedAt: AT },
    metadata: {
      ...{ $correlationId: 'c', $causationId: 'c', actor: { type: 'system', id: 'spec' } },
      ...{ service: 'spec', schemaVersion: eventVersion('instance', type), hash: 'h' },
    },
    ...changes,
  };
}

const onBus = (event: StoredEvent, epoch = 'first'): MessageOnBus => ({
  ...encodeEvent(event, { ordinal: 1, epoch }),
  sequence: event.revision + 1,
});

function followed(messages: readonly MessageOnBus[], known: Partial<Known> = {}, oldest = 0) {
  const passedOver: PassedOver[] = [];
  const run = followEvents(
    messages,
    { instances: new Map(), subscriptions: [ALL], ...known },
    { oldest, onPassedOver: (why) => passedOver.push(why) },
  );
  return { ...run, told: run.deliveries.map(({ eventId }) => eventId), passedOver };
}

const some = (...revisions: readonly number[]) => revisions.map((each) => onBus(stored(each)));

describe('what is told of events', () => {
  it('is each event of an instance once, and what has to be known for the next', () => {
    const first = followed(some(0, 1, 2, 1));
    expect(first.told).toEqual(['event-0', 'event-1', 'event-2']);
    expect(first.passedOver).toEqual(['repeated']);
    expect(first.instances.get(ID)?.view).toMatchObject({
      ...{ revision: 2, status: 'pre-upgrade-running', state: null },
    });
    const next = followed(some(2, 3), { instances: first.instances });
    expect([next.told, next.passedOver]).toEqual([['event-3'], ['repeated']]);
  });

  it('begins again with a bus that was filled anew', () => {
    const { instances } = followed(some(0, 1, 2));
    const anew = [0, 1].map((revision) => onBus(stored(revision), 'second'));
    const again = followed(anew, { instances });
    expect([again.told, again.instances.get(ID)?.epoch]).toEqual([
      ['event-0', 'event-1'],
      'second',
    ]);
    const behind = followed([onBus(stored(2), 'third')], { instances });
    expect([behind.told, behind.passedOver]).toEqual([[], ['foreign']]);
  });

  it('is nothing of what is no event, of no instance, or leaves one out', () => {
    const garbage = { sequence: 1, subject: 'x', headers: {}, payload: Buffer.from('garbage') };
    const system = onBus(stored(0, { stream: 'system-5a501741-61af-558d-b933-1f06e315c0b7' }));
    expect(followed([garbage, system, ...some(1), ...some(0, 2)])).toMatchObject({
      told: ['event-0'],
      passedOver: ['foreign', 'other', 'foreign', 'foreign'],
    });
  });

  it('goes on behind an event whose data cannot be read', () => {
    const broken = onBus(stored(1, { data: { upgradeId: 7 } }));
    expect(followed([...some(0), broken, ...some(2)])).toMatchObject({
      told: ['event-0', 'event-2'],
      passedOver: ['unreadable'],
    });
  });

  it('waits for a newer build where one has written', () => {
    const event = stored(1);
    const newer = { ...event, metadata: { ...event.metadata, schemaVersion: 99 } };
    expect(() => followed([...some(0), onBus(newer)])).toThrow(NewerEventError);
  });

  it('is nothing that is older than deliveries are kept', () => {
    expect(followed(some(0), {}, Date.parse(AT) + 1)).toMatchObject({
      told: [],
      passedOver: ['old'],
    });
  });

  it.each<[string, Partial<Subscription>, readonly string[]]>([
    ['the types that it asks for', { events: ['UpgradeRequested'] }, ['event-1']],
    ['instances with its labels', { labels: { tenant: 'berlin' } }, ['event-0', 'event-1']],
    ['no others', { labels: { tenant: 'bern' } }, []],
    ['what came when it was created', { since: AT }, ['event-0', 'event-1']],
    ['nothing from before', { since: '2026-03-01T10:00:00.124Z' }, []],
  ])('is for a webhook of %s', (_, changes, told) => {
    const subscriptions = [{ ...ALL, ...changes }];
    expect(followed(some(0, 1), { subscriptions }).told).toEqual(told);
  });
});

describe('a call in the form of Polydock', () => {
  const polydock: Subscription = { ...ALL, format: 'polydock' };
  const bodies = (...revisions: readonly number[]) =>
    followed(some(...revisions), { subscriptions: [polydock] }).deliveries.map(
      ({ event, body }) => [event, JSON.parse(body) as Record<string, unknown>] as const,
    );

  it('says of the first event that the instance was created', () => {
    const [[event, body] = []] = bodies(0);
    expect(event).toBe('app_instance.created');
    expect(body).toEqual({
      ...{ app_instance_id: ID, app_instance_uuid: ID, store_id: null, store_name: null },
      ...{ store_app_id: null, store_app_name: 'anything-llm', previous_status: null },
      current_status: 'running-healthy-claimed',
      data: {
        ...{ project: 'shop-berlin', environment: 'main', upgrade_id: null },
        ...{ failure_reason: null, event_id: 'event-0', sequence: 0 },
      },
      timestamp: AT,
    });
  });

  it('says of each later one from which status to which, if it has changed', () => {
    const upTo = bodies(...WHOLE_UPGRADE.keys());
    expect(upTo).toHaveLength(11);
    for (const [n, [event, body]] of upTo.entries()) {
      if (n === 0) continue;
      expect(event).toBe('app_instance.status_changed');
      expect(body.previous_status).toBe(upTo[n - 1]?.[1].current_status);
      expect(body.current_status).not.toBe(body.previous_status);
    }
  });
});

it('the instances of a run of messages stand in their subjects', () => {
  expect(instancesIn([...some(0, 1), { ...some(0)[0]!, subject: 'uplift.evt.v1.x.y.z' }])).toEqual([
    ID,
  ]);
});
