import type { EventCategory, StoredEvent } from '@uplift/contracts';
import type { InstanceEvent, InstanceState } from '@uplift/domain';
import { evolve, INITIAL_STATE, LIFECYCLE } from '@uplift/domain';
import {
  categoryOf,
  decodeEvent,
  encodeEvent,
  eventVersion,
  EVENT_CATEGORIES,
  goldenEvents,
  isInstanceStream,
  toDomainEvent,
  toInstanceEvent,
  toRecordedInstanceEvent,
  upcast,
} from '@uplift/contracts';

const golden = goldenEvents();

const ofInstances = golden.filter(({ stored }) => isInstanceStream(stored.stream));

function fileOf(category: string, type: string, version: number): string {
  return `${category === 'instance' ? '' : `${category}.`}${type}.v${version}.json`;
}

function presentData({ stream, type, data, metadata }: StoredEvent): object {
  return upcast(categoryOf(stream) ?? 'instance', { type, version: metadata.schemaVersion, data });
}

describe('the golden corpus', () => {
  it.each(Object.entries(EVENT_CATEGORIES))(
    'holds every version of every event of the category %s',
    (category, { schemas }) => {
      const files = golden.map(({ file }) => file);
      const written = Object.keys(schemas).flatMap((type) =>
        Array.from({ length: eventVersion(category as EventCategory, type) }, (_, n) =>
          fileOf(category, type, n + 1),
        ),
      );
      expect(files).toEqual(expect.arrayContaining(written));
    },
  );

  it('holds version 1 of every row of the lifecycle', () => {
    expect(Object.keys(EVENT_CATEGORIES.instance.schemas).sort()).toEqual(
      Object.keys(LIFECYCLE).sort(),
    );
  });

  it.each(golden)('$file is named after what it holds', ({ file, stored }) => {
    const { stream, type, metadata } = stored;
    const name = fileOf(categoryOf(stream) ?? 'foreign', type, metadata.schemaVersion);
    expect(file.startsWith(name.replace(/json$/, ''))).toBe(true);
  });

  it.each(ofInstances)('$file is read, and fits its schema', ({ stored }) => {
    expect(toRecordedInstanceEvent(stored)).toEqual({
      instanceId: '0b1c6c0e-0000-4000-8000-00000000000a',
      eventId: stored.id,
      revision: stored.revision,
      at: Date.parse(stored.recordedAt),
      event: { type: stored.type, data: presentData(stored) },
    });
  });

  it.each(golden)('$file is read in the terms of its category', ({ stored }) => {
    const event = { type: stored.type, data: presentData(stored) };
    expect(toDomainEvent(categoryOf(stored.stream) ?? 'instance', stored)).toEqual(event);
  });

  it.each(golden)('$file crosses the bus unchanged', ({ stored }) => {
    expect(decodeEvent(encodeEvent(stored, { ordinal: 1, epoch: 'e-1' }))).toEqual(stored);
  });

  it('folds: every event is legal after some history of the others', () => {
    const events = ofInstances.map(({ stored }) => toInstanceEvent(stored));
    expect(foldable(events)).toEqual(new Set(events.map(({ type }) => type)));
  });
});

/** Types of the events that can be reached by letting any event follow any other where that is legal. */
function foldable(events: readonly InstanceEvent[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const states = new Map<string, InstanceState>([['absent', INITIAL_STATE]]);
  for (const state of states.values()) {
    const legal = events.filter((event) => evolved(state, event) !== null);
    legal.forEach(({ type }) => reached.add(type));
    legal
      .map((event) => evolve(state, event))
      .filter((next) => !states.has(keyOf(next)))
      .forEach((next) => states.set(keyOf(next), next));
  }
  return reached;
}

function evolved(state: InstanceState, event: InstanceEvent): InstanceState | null {
  try {
    return evolve(state, event);
  } catch {
    return null;
  }
}

function keyOf(state: InstanceState): string {
  return state.kind === 'absent' ? 'absent' : state.status;
}
