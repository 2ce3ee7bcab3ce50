import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { InstanceEvent, WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { InstanceHistory } from '@uplift/event-store';

/** One instance in the store, up to the event that opens the stage under test. */
export class OpenedUpgrade {
  readonly marker: string;

  constructor(
    readonly instanceId: string,
    readonly order: WorkOrder,
    readonly opening: StoredEvent,
    private readonly history: InstanceHistory,
  ) {
    this.marker = markerOf(order);
  }

  /** What came after the opening event; every event fits its schema, or this throws. */
  async appended(): Promise<readonly InstanceEvent[]> {
    const { events } = await this.history.load(this.instanceId);
    return events.slice(this.opening.revision + 1).map(toInstanceEvent);
  }

  async types(): Promise<readonly string[]> {
    return (await this.appended()).map(({ type }) => type);
  }
}
