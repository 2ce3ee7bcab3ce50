import type { InstanceEvent } from '../instance/instance.events';
import type { RecordedInstanceEvent } from '../views/recorded-event';

export const INSTANCE_ID = '0b1c6c0e-0000-4000-8000-00000000000a';
/** 2026-03-01T10:00:00Z */
export const FIRST_TIME = 1_772_359_200_000;

/** The events as the store would hand them out, one second apart. */
export function recorded(events: readonly InstanceEvent[]): readonly RecordedInstanceEvent[] {
  return events.map((event, revision) => ({
    instanceId: INSTANCE_ID,
    eventId: `event-${revision}`,
    revision,
    at: FIRST_TIME + revision * 1000,
    event,
  }));
}
