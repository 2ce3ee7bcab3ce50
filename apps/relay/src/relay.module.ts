import { Module, type DynamicModule } from '@nestjs/common';
import { BUS_ACCESS_SETTINGS, busAccess, BusConnection, connectServiceBus } from '@uplift/bus';
import { EventStore, openServiceStore, SERVICE_RIGHTS } from '@uplift/event-store';
import type { ServiceOptions, ServiceRuntime } from '@uplift/runtime';
import { RelayService, TOPOLOGY_SETTINGS } from './relay.service';

export const RELAY_SETTINGS = [
  'eventStoreUrl',
  ...BUS_ACCESS_SETTINGS,
  ...TOPOLOGY_SETTINGS,
] as const;
export type RelayRuntime = ServiceRuntime<(typeof RELAY_SETTINGS)[number]>;

/** The service as a whole: what `main` runs and what a test starts. */
export function relay(): ServiceOptions<(typeof RELAY_SETTINGS)[number]> {
  return {
    name: 'uplift-relay',
    settings: RELAY_SETTINGS,
    module: (runtime) => RelayModule.for(runtime),
  };
}

/** Composition root: the one place where the relay's adapters are chosen. */
@Module({})
export class RelayModule {
  static for(runtime: RelayRuntime): DynamicModule {
    const { configuration } = runtime;
    return {
      module: RelayModule,
      providers: [
        {
          provide: EventStore,
          useFactory: () =>
            openServiceStore(configuration.eventStoreUrl, SERVICE_RIGHTS.relay, runtime),
        },
        {
          provide: BusConnection,
          useFactory: () =>
            connectServiceBus({ ...runtime, user: 'relay', ...busAccess(configuration) }),
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
