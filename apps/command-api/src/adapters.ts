import type { Provider } from '@nestjs/common';
import { BusClient, BusConnection, connectBus } from '@uplift/bus';
import { EsdbEventStore, EventStore, InstanceHistory } from '@uplift/event-store';
import type { CommandApiRuntime } from './command-api.settings';
import { SERVICE_NAME } from './command-api.settings';

/** The servers this service stands on. */
export function adapters(runtime: CommandApiRuntime): Provider[] {
  const { eventStoreUrl } = runtime.configuration;
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
    { provide: BusConnection, useFactory: () => connect(runtime) },
    {
      provide: BusClient,
      inject: [BusConnection],
      useFactory: (connection: BusConnection) => new BusClient(connection),
    },
  ];
}

function connect({ configuration, name, logger }: CommandApiRuntime): Promise<BusConnection> {
  return connectBus({
    servers: configuration.natsUrl,
    name,
    inboxPrefix: '_INBOX_command_api',
    onClosed: (error) => {
      logger.fatal({ err: error }, 'the bus connection is closed');
      process.exit(1);
    },
  });
}
