import { Module, type DynamicModule } from '@nestjs/common';
import { BusConnection, connectServiceBus } from '@uplift/bus';
import { EventStore, openServiceStore } from '@uplift/event-store';
import type { ServiceRuntime } from '@uplift/runtime';
import { RelayService, TOPOLOGY_SETTINGS } from './relay.service';

export const RELAY_SETTINGS = ['natsUrl', 'eventStoreUrl', ...TOPOLOGY_SETTINGS] as const;
export type RelayRuntime = ServiceRuntime<(typeof RELAY_SETTINGS)[number]>;

/** Composition root: the one place where the relay's adapters are chosen. */
@Module({})
export class RelayModule {
  static for(runtime: RelayRuntime): DynamicModule {
    const { natsUrl, eventStoreUrl } = runtime.configuration;
    return {
      module: RelayModule,
      providers: [
        { provide: EventStore, useValue: openServiceStore(eventStoreUrl, runtime) },
        {
          provide: BusConnection,
          useFactory: () => connectServiceBus({ ...runtime, servers: natsUrl }),
        },
        {
          provide: RelayService,
          inject: [BusConnection, EventStore],
          useFactory: (bus: BusConnection, store: EventStore) =>
            new RelayService(bus, store, runtime),
        },
      ],
    };
  }
}
