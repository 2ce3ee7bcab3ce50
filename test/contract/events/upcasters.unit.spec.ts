import {
  EVENT_CATEGORIES,
  eventSchema,
  eventVersion,
  goldenEvent,
  InvalidEventError,
  isOfNewerVersion,
  toInstanceEvent,
  UnknownEventError,
  UPCASTERS,
} from '@uplift/contracts';
import type { StoredEvent, Upcasters } from '@uplift/contracts';
import type { InstanceEvent } from '@uplift/domain';

const TYPE = 'InstanceParked';
const present = goldenEvent(TYPE);
const { reason, ...rest } = present.data as { readonly reason: string };

/** As if `reason` had been a list `reasons` in version 2, and a text `why` in version 1. */
const PLANTED: Upcasters = {
  [TYPE]: [
    ({ why, ...data }: { why?: string }) => ({ ...data, reasons: [String(why)] }),
    ({ reasons, ...data }: { reasons?: readonly string[] }) => {
      if (reasons === undefined) throw new TypeError('no reasons');
      return { ...data, reason: reasons.join(', ') };
    },
  ],
};

function stored(schemaVersion: number, data: object): StoredEvent {
  return { ...present, data, metadata: { ...present.metadata, schemaVersion } };
}

describe('an event that was written in an earlier version', () => {
  beforeEach(() => {
    jest.replaceProperty(UPCASTERS, 'instance', PLANTED);
  });
  afterEach(() => jest.restoreAllMocks());

  it.each([
    [1, { ...rest, why: reason }],
    [2, { ...rest, reasons: [reason] }],
    [3, present.data],
  ])('is read as one of this build: version %i', (version, data) => {
    const event = toInstanceEvent(stored(version, data));
    expect(event).toEqual({ type: TYPE, data: present.data } as InstanceEvent);
  });

  it('is left as it is stored', () => {
    const old = stored(1, { ...rest, why: reason });
    toInstanceEvent(old);
    expect(old.data).toEqual({ ...rest, why: reason });
  });

  it('is refused when its data is not of its version', () => {
    expect(() => toInstanceEvent(stored(2, { ...rest, why: reason }))).toThrow(InvalidEventError);
    expect(() => toInstanceEvent(stored(3, { ...rest, why: reason }))).toThrow(InvalidEventError);
  });

  it.each([0, 4])('is refused in a version that nobody has written: %i', (version) => {
    expect(() => toInstanceEvent(stored(version, present.data))).toThrow(UnknownEventError);
    expect(isOfNewerVersion(stored(version, present.data))).toBe(version > 3);
  });

  it('is published in the version that this build writes', () => {
    expect(eventVersion('instance', TYPE)).toBe(3);
    expect(eventSchema('instance', TYPE).$id).toBe('urn:uplift:schema:instance.instance-parked.v3');
    expect(eventVersion('instance', 'InstanceUnparked')).toBe(1);
  });
});

describe('upcasters', () => {
  it('are of events that there are', () => {
    for (const [category, upcasters] of Object.entries(UPCASTERS)) {
      const { schemas } = EVENT_CATEGORIES[category as keyof typeof EVENT_CATEGORIES];
      expect(Object.keys(schemas)).toEqual(expect.arrayContaining(Object.keys(upcasters)));
    }
  });
});
