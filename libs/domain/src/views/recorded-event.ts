import type { InstanceEvent } from '../instance/instance.events';

/** An event with the place and time the store gave it. */
export interface RecordedInstanceEvent {
  readonly instanceId: string;
  readonly eventId: string;
  readonly revision: number;
  /** Store time, milliseconds since 1970. */
  readonly at: number;
  readonly event: InstanceEvent;
}

/** Which upgrade an event belongs to; null for events outside an upgrade. */
export function upgradeIdOf({ data }: InstanceEvent): string | null {
  if ('workOrder' in data) return data.workOrder.upgradeId;
  return 'upgradeId' in data ? data.upgradeId : null;
}
