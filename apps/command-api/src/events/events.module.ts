import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Logger, Module } from '@nestjs/common';
import { AllTail, EventStore } from '@uplift/event-store';
import { Clock, Health, Randomness } from '@uplift/runtime';
import { EventStreams } from './event-streams';
import { EventsController } from './events.controller';

const logger = new Logger('event-tail');

/** The one live subscription of this process is shared by every client that watches. */
@Module({
  controllers: [EventsController],
  providers: [
    EventStreams,
    {
      provide: AllTail,
      inject: [EventStore, Clock, Randomness, Health],
      useFactory: (store: EventStore, clock: Clock, randomness: Randomness, health: Health) =>
        new AllTail(store, {
          clock,
          randomness,
          onBeat: health.loop('event tail'),
          from: 'end',
          onBreak: (error, isRepeated) => {
            if (!isRepeated) logger.warn(error);
          },
        }),
    },
  ],
})
export class EventsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly tail: AllTail,
    private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.health.addReadiness('event store', () => this.tail.reason);
    this.health.addReadiness('events', () => this.tail.tooOldFor);
    this.tail.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.tail.stop();
  }
}
