import type { InstanceEvent, InstanceState } from '@uplift/domain';
import { evolve, INITIAL_STATE, LIFECYCLE } from '@uplift/domain';
import {
  decodeEvent,
  encodeEvent,
  INSTANCE_EVENT_TYPES,
  toInstanceEvent,
  toRecordedInstanceEvent,
} from '@uplift/contracts';
import { goldenEvents } from './golden-events';

const golden = goldenEvents();

describe('the golden corpus', () => {
  it('holds version 1 of every event type', () => {
    const files = golden.map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining(Object.keys(LIFECYCLE).map((type) => `${type}.v1.json`)),
    );
    expect([...INSTANCE_EVENT_TYPES].sort()).toEqual(Object.keys(LIFECYCLE).sort());
  });

  it.each(golden)('$file is named after what it holds', ({ file, stored }) => {
    const [type, version] = file.split('.');
    expect([type, version]).toEqual([stored.type, `v${stored.metadata.schemaVersion}`]);
  });

  it.each(golden)('$file is read, and fits its schema', ({ stored }) => {
    expect(toRecordedInstanceEvent(stored)).toEqual({
      instanceId: '0b1c6c0e-0000-4000-8000-00000000000a',
      eventId: stored.id,
      revision: stored.revision,
      at: Date.parse(stored.recordedAt),
      event: { type: stored.type, data: stored.data },
    });
  });

  it.each(golden)('$file crosses the bus unchanged', ({ stored }) => {
    expect(decodeEvent(encodeEvent(stored, { ordinal: 1, epoch: 'e-1' }))).toEqual(stored);
  });

  it('folds: every event is legal after some history of the others', () => {
    const events = golden.map(({ stored }) => toInstanceEvent(stored));
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
