import type { EventCategory } from '@uplift/contracts';
import {
  eventSchema,
  eventSchemaId,
  goldenEvent,
  InvalidEventError,
  toDomainEvent,
  toInstanceEvent,
  UnknownEventError,
} from '@uplift/contracts';
import fc from 'fast-check';
import {
  AUDIT_VALUES,
  ENVIRONMENT_VALUES,
  EVENT_VALUES,
  REFUSAL_VALUES,
  SYSTEM_VALUES,
} from './event-values';

type Case = readonly [EventCategory, string, fc.Arbitrary<object>];

const casesOf = (category: EventCategory, values: Readonly<Record<string, fc.Arbitrary<object>>>) =>
  Object.entries(values).map(([type, value]): Case => [category, type, value]);

describe.each([
  ...casesOf('instance', EVENT_VALUES),
  ...casesOf('system', SYSTEM_VALUES),
  ...casesOf('refusal', REFUSAL_VALUES),
  ...casesOf('environment', ENVIRONMENT_VALUES),
  ...casesOf('audit', AUDIT_VALUES),
])('the schema of the %s event %s', (category, type, values) => {
  const golden = goldenEvent(type, category);
  const { required } = eventSchema(category, type) as { required: readonly string[] };
  const read = (data: object) => toDomainEvent(category, { ...golden, data });

  it('has a stable id', () => {
    expect(eventSchema(category, type).$id).toBe(eventSchemaId(category, type, 1));
  });

  it('accepts every value of its type', () => {
    fc.assert(
      fc.property(values, (data) => {
        expect(read(data)).toEqual({ type, data });
      }),
      { numRuns: 30 },
    );
  });

  it.each(required)('refuses data without %s', (member) => {
    const data = Object.fromEntries(Object.entries(golden.data).filter(([key]) => key !== member));
    expect(() => read(data)).toThrow(InvalidEventError);
  });

  it.each(required)('refuses data whose %s is of another kind', (member) => {
    const data = { ...golden.data, [member]: [[]] };
    expect(() => read(data)).toThrow(InvalidEventError);
  });

  it('lets a member pass that a later build may add', () => {
    const data = { ...golden.data, addedLater: 1 };
    expect(read(data)).toEqual({ type, data });
  });
});

describe('an event that does not fit', () => {
  const golden = goldenEvent('UpgradeRequested');

  it('is named with its place and the member that is wrong', () => {
    const data = structuredClone(golden.data) as { workOrder: { attempt: unknown } };
    data.workOrder.attempt = 0;
    expect(() => toInstanceEvent({ ...golden, data })).toThrow(
      'Event UpgradeRequested v1 at instance-0b1c6c0e-0000-4000-8000-00000000000a@3 does not fit its schema: /workOrder/attempt must be >= 1',
    );
  });

  it.each(['2026-03-01', '2026-03-01T10:00:00+01:00', 'soon'])(
    'is refused with the time %s: times are RFC 3339 in UTC',
    (deadlineAt) => {
      const data = structuredClone(golden.data) as { workOrder: { deadlineAt: string } };
      data.workOrder.deadlineAt = deadlineAt;
      expect(() => toInstanceEvent({ ...golden, data })).toThrow(InvalidEventError);
    },
  );
});

describe('a work order whose optional members are of another kind', () => {
  const golden = goldenEvent('UpgradeRequested');

  it.each([
    ['target', {}],
    ['target', { variables: [{ name: 'A', value: 'on', scope: 'EVERYWHERE' }] }],
    ['target', { script: { service: 'cli' } }],
    ['strategy', 'rebuild'],
    ['waveId', ''],
    ['cancelRequested', false],
    ['attemptMs', '12 h'],
    ['startBy', 'tomorrow'],
    ['priority', 'high'],
    ['located', { projectId: 1, environmentId: 2, route: null, deployType: 3 }],
  ])('is refused: %s %j', (member, value) => {
    const data = structuredClone(golden.data) as { workOrder: Record<string, unknown> };
    data.workOrder[member] = value;
    expect(() => toInstanceEvent({ ...golden, data })).toThrow(InvalidEventError);
  });
});

describe('an event this build does not know', () => {
  const golden = goldenEvent('UpgradeRequested');

  it('is refused by its type', () => {
    expect(() => toInstanceEvent({ ...golden, type: 'UpgradeInvented' })).toThrow(
      UnknownEventError,
    );
  });

  it('is refused by its version', () => {
    const metadata = { ...golden.metadata, schemaVersion: 2 };
    expect(() => toInstanceEvent({ ...golden, metadata })).toThrow(UnknownEventError);
  });
});
