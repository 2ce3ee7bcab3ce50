import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Logger, Module } from '@nestjs/common';
import { AllTail, EventStore } from '@uplift/event-store';
import { Clock, Health, Randomness } from '@uplift/runtime';
import { EventStreams } from './event-streams';
import { EventsController, InstanceEventsController } from './events.controller';
import { KNOWN_TYPES, WatchedEvents } from './watched-events';

const logger = new Logger('event-tail');
const onBreak = (error: unknown, isRepeated: boolean) => {
  if (!isRepeated) logger.warn(error);
};

/**
 * The events themselves are read only while a client watches. At all times one subscription, to which the store sends
 * nothing that this build knows, tells that the store was away, and what a newer build has begun to write.
 */
@Module({
  controllers: [InstanceEventsController, EventsController],
  providers: [
    EventStreams,
    {
      provide: AllTail,
      inject: [EventStore, Clock, Randomness, Health],
      useFactory: (store: EventStore, clock: Clock, randomness: Randomness, health: Health) =>
        new AllTail(store, {
          ...{ clock, randomness, onBreak },
          onBeat: health.loop('event tail'),
          from: 'end',
          withoutTypes: KNOWN_TYPES,
        }),
    },
    {
      provide: WatchedEvents,
      inject: [EventStore, Clock, Randomness, Health],
      useFactory: (store: EventStore, clock: Clock, randomness: Randomness, health: Health) =>
        new WatchedEvents(store, { clock, randomness, onBreak }, { clock, health }),
    },
  ],
})
export class EventsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly tail: AllTail,
    private readonly watched: WatchedEvents,
    private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.health.addReadiness('event store', () => this.tail.reason);
    this.health.addReadiness('events', () => this.tail.tooOldFor ?? this.watched.tooOldFor);
    this.tail.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.tail.stop(), this.watched.stop()]);
  }
}
