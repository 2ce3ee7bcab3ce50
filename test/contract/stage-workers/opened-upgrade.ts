import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@uplift/contracts';
import { toInstanceEvent } from '@uplift/contracts';
import type { InstanceEvent, InstanceEventType, WorkOrder } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { InstanceHistory } from '@uplift/event-store';
import { RevisionConflictError } from '@uplift/event-store';

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

  async stored(): Promise<readonly StoredEvent[]> {
    return (await this.history.load(this.instanceId)).events;
  }

  /** What came after the opening event; every event fits its schema, or this throws. */
  async appended(): Promise<readonly InstanceEvent[]> {
    const { events } = await this.history.load(this.instanceId);
    return events.slice(this.opening.revision + 1).map(toInstanceEvent);
  }

  /** Goes on as another service would, whatever a stage appends meanwhile; answers the last of these events. */
  async append(...events: readonly InstanceEvent[]): Promise<StoredEvent> {
    const { head } = await this.history.load(this.instanceId);
    const cause = {
      causationId: randomUUID(),
      step: 'given',
      correlationId: this.order.upgradeId,
      actor: { type: 'service_account', id: 'spec' },
    } as const;
    try {
      await this.history.append(this.instanceId, head, events, cause);
    } catch (error) {
      if (error instanceof RevisionConflictError) return this.append(...events);
      throw error;
    }
    return this.newest(events.at(-1)?.type);
  }

  async workOrder(): Promise<WorkOrder> {
    const { state } = await this.history.load(this.instanceId);
    if (state.kind !== 'upgrading') throw new TypeError('there is no upgrade');
    return state.workOrder;
  }

  /** The newest event, or the newest of a type. */
  async newest(type?: InstanceEventType): Promise<StoredEvent> {
    const { events } = await this.history.load(this.instanceId);
    const newest = events.filter((event) => type === undefined || event.type === type).at(-1);
    if (newest === undefined) throw new TypeError(`there is no ${type ?? 'event'}`);
    return newest;
  }

  async types(): Promise<readonly string[]> {
    return (await this.appended()).map(({ type }) => type);
  }
}
