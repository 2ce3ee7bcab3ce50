import type { Provider } from '@nestjs/common';
import { BusClient, BusConnection, connectServiceBus } from '@uplift/bus';
import { EsdbEventStore, EventStore, InstanceHistory } from '@uplift/event-store';
import type { CommandApiRuntime } from './command-api.settings';
import { SERVICE_NAME } from './command-api.settings';

/** The servers this service stands on. */
export function adapters(runtime: CommandApiRuntime): Provider[] {
  const { eventStoreUrl, natsUrl } = runtime.configuration;
  return [
    {
      provide: EventStore,
      useFactory: () => new EsdbEventStore({ connectionString: eventStoreUrl }),
    },
    {
      provide: InstanceHistory,
      inject: [EventStore],
      useFactory: (store: EventStore) => new InstanceHistory(store, SERVICE_NAME),
    },
    {
      provide: BusConnection,
      useFactory: () => connectServiceBus({ ...runtime, servers: natsUrl }),
    },
    {
      provide: BusClient,
      inject: [BusConnection],
      useFactory: (connection: BusConnection) => new BusClient(connection),
    },
  ];
}
