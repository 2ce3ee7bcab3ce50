import { Module, type DynamicModule } from '@nestjs/common';
import { BusConnection, connectBus } from '@uplift/bus';
import { EsdbEventStore, EventStore } from '@uplift/event-store';
import type { ServiceRuntime } from '@uplift/runtime';
import { RelayService } from './relay.service';

export const RELAY_SETTINGS = ['natsUrl', 'eventStoreUrl'] as const;
export type RelayRuntime = ServiceRuntime<(typeof RELAY_SETTINGS)[number]>;

/** Composition root: the one place where the relay's adapters are chosen. */
@Module({})
export class RelayModule {
  static for(runtime: RelayRuntime): DynamicModule {
    const { natsUrl, eventStoreUrl } = runtime.configuration;
    return {
      module: RelayModule,
      providers: [
        { provide: EventStore, useValue: new EsdbEventStore({ connectionString: eventStoreUrl }) },
        { provide: BusConnection, useFactory: () => connectRelay(natsUrl, runtime) },
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

function connectRelay(servers: string, { name, logger }: RelayRuntime): Promise<BusConnection> {
  return connectBus({
    servers,
    name,
    inboxPrefix: '_INBOX_relay',
    onClosed: (error) => {
      logger.fatal({ err: error }, 'the bus connection is closed');
      process.exit(1);
    },
  });
}
