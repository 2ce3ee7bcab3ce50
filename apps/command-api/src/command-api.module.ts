import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { BusClient, BusConnection, connectServiceBus } from '@uplift/bus';
import { CommandHandler, EsdbEventStore, EventStore, InstanceHistory } from '@uplift/event-store';
import { Clock, Health, Metrics, Randomness } from '@uplift/runtime';
import type { CommandApiRuntime } from './command-api.settings';
import { SERVICE_NAME } from './command-api.settings';
import { CommandService } from './commands/command-service';
import { EventsModule } from './events/events.module';
import { InstancesModule } from './instances/instances.module';
import { PagesModule } from './pages/pages.module';
import { ReadModel } from './nats/read-model';
import { UpgradesModule } from './upgrades/upgrades.module';

/** Every operation of this service, in the order of its published description. */
export const RESOURCE_MODULES = [InstancesModule, UpgradesModule, EventsModule, PagesModule];

/** Composition root: the one place where adapters are chosen. */
@Module({})
export class CommandApiModule implements OnApplicationShutdown {
  constructor(
    private readonly bus: BusConnection,
    private readonly store: EventStore,
  ) {}

  static for(runtime: CommandApiRuntime): DynamicModule {
    const providers = [...ports(runtime), ...adapters(runtime), CommandService, ReadModel];
    return {
      module: CommandApiModule,
      global: true,
      imports: [
        InstancesModule.for(runtime),
        UpgradesModule.for(runtime),
        EventsModule,
        PagesModule,
      ],
      providers,
      exports: providers,
    };
  }

  /** After every transport has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
    await this.store.close();
  }
}

function ports({ clock, randomness, health, metrics }: CommandApiRuntime): Provider[] {
  return [
    { provide: Clock, useValue: clock },
    { provide: Randomness, useValue: randomness },
    { provide: Health, useValue: health },
    { provide: Metrics, useValue: metrics },
  ];
}

function adapters(runtime: CommandApiRuntime): Provider[] {
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
      provide: CommandHandler,
      inject: [InstanceHistory],
      useFactory: (history: InstanceHistory) => new CommandHandler(history, runtime),
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
