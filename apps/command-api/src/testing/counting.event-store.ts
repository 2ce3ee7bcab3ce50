import { InMemoryEventStore } from '@uplift/event-store/testing';

/** Counts the events of streams that it hands out. */
export class CountingEventStore extends InMemoryEventStore {
  handedOut = 0;

  override async load(...read: Parameters<InMemoryEventStore['load']>) {
    return this.counted(await super.load(...read));
  }

  override async loadLast(...read: Parameters<InMemoryEventStore['loadLast']>) {
    return this.counted(await super.loadLast(...read));
  }

  private counted<Event>(events: Event[]): Event[] {
    this.handedOut += events.length;
    return events;
  }
}
