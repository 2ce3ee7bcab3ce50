import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { ACCESS_POLICY_SETTINGS, API_TOKENS_DECIDER, RATE_SETTINGS } from '@uplift/access';
import {
  BUS_ACCESS_SETTINGS,
  busAccess,
  BusClient,
  BusConnection,
  openServiceBus,
} from '@uplift/bus';
import {
  API_TOKENS_STREAM,
  DECISIONS_STREAM,
  ERASURES_STREAM,
  FINDINGS_STREAM,
  SYSTEM_STREAM,
} from '@uplift/contracts';
import {
  decisionsDecider,
  environmentDecider,
  erasuresDecider,
  findingsDecider,
} from '@uplift/domain';
import {
  checkedEventStore,
  CommandHandler,
  DivergenceWatch,
  EnvironmentCommandHandler,
  EsdbEventStore,
  EventStore,
  InstanceHistory,
  openServiceStore,
  SERVICE_RIGHTS,
  StreamEnds,
  StreamHistory,
  SystemCommandHandler,
  SystemHistory,
} from '@uplift/event-store';
import type { ServiceRuntime } from '@uplift/runtime';
import { Clock, Health, Metrics, Randomness, Tracing } from '@uplift/runtime';
import { accessProviders, GLOBAL_GUARD } from './access/access.providers';
import { CALLBACK_SETTINGS, callbackPolicyOf, CallbackTokens } from './access/callback-tokens';
import { ReadRecorder } from './access/read-recorder';
import { ErasureStream } from './actors/actor-commands';
import { ActorsModule } from './actors/actors.module';
import { CommandLimiter, CommandLimits } from './commands/command-limiter';
import { CommandMeter } from './commands/command-meter';
import { CommandExecution, CommandService } from './commands/command-service';
import { InstanceLimits } from './commands/instance-limits';
import { RefusalRecorder } from './commands/refusal-recorder';
import { CoreNames, Environments } from './commands/environments';
import { StreamLimit } from './events/event-streams';
import { EventsModule } from './events/events.module';
import { NewerEventsNoticed } from './events/newer-events';
import { TrustedOrigins, trustedOriginsOf } from './http/foreign-requests';
import { InstancesModule } from './instances/instances.module';
import { PublishedApi } from './pages/open-api';
import { PagesController } from './pages/pages.controller';
import { ReadModel } from './nats/read-model';
import { UnheardRefusals } from './nats/unheard-refusals';
import { AcceptedStores } from './system/accept-store';
import { FindingStream } from './system/finding-commands';
import { StoreWatch } from './system/store-watch';
import { SwitchStream } from './system/system-commands';
import { SystemModule } from './system/system.module';
import { WatchdogWatch } from './system/watchdog-watch';
import { ApiTokenStream } from './tokens/token-commands';
import { TokensModule } from './tokens/tokens.module';
import { UpgradePolicy } from './upgrades/upgrade-commands';
import { UpgradesModule } from './upgrades/upgrades.module';
import { WebhooksModule } from './webhooks/webhooks.module';

export const SERVICE_NAME = 'command-api';

export const COMMAND_API_SETTINGS = [
  ...ACCESS_POLICY_SETTINGS,
  ...RATE_SETTINGS,
  'httpHost',
  'actorsPostgresUrl',
  'eventStoreUrl',
  ...BUS_ACCESS_SETTINGS,
  'deadlineAttemptMs',
  ...CALLBACK_SETTINGS,
  'httpOrigins',
  'promoteEnabled',
  'commandsUnderWay',
  'snapshotEvery',
  'commandsQueued',
  'lagoonCoreNames',
  'streamsPerClient',
  'streamsPerToken',
] as const;

type CommandApiRuntime = ServiceRuntime<(typeof COMMAND_API_SETTINGS)[number]>;

/** Every operation of this service, in the order of its published description. */
export const RESOURCE_MODULES = [
  InstancesModule,
  UpgradesModule,
  SystemModule,
  EventsModule,
  TokensModule,
  ActorsModule,
  WebhooksModule,
];

/** Composition root: the one place where adapters are chosen. */
@Module({})
export class CommandApiModule implements OnApplicationShutdown {
  constructor(
    private readonly bus: BusConnection,
    private readonly store: EventStore,
    private readonly refusals: RefusalRecorder,
    private readonly reads: ReadRecorder,
  ) {}

  static for(runtime: CommandApiRuntime): DynamicModule {
    const providers = [
      ...ports(runtime),
      ...accessProviders(runtime.configuration, SERVICE_NAME),
      ...policies(runtime),
      ...adapters(runtime),
      ...histories(runtime),
      ...systemStreams(runtime),
      erasureStream(runtime),
      CommandLimiter,
      CommandMeter,
      CommandExecution,
      CommandService,
      RefusalRecorder,
      UnheardRefusals,
      Environments,
      InstanceLimits,
      ReadModel,
      PublishedApi,
      WatchdogWatch,
    ];
    return {
      module: CommandApiModule,
      global: true,
      imports: RESOURCE_MODULES,
      controllers: [PagesController],
      providers: [...providers, GLOBAL_GUARD],
      exports: providers,
    };
  }

  /** After every transport has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
    await Promise.all([this.refusals.settled(), this.reads.settled()]);
    await this.store.close();
  }
}

function ports({ clock, randomness, health, metrics, tracing }: CommandApiRuntime): Provider[] {
  return [
    { provide: Clock, useValue: clock },
    { provide: Randomness, useValue: randomness },
    { provide: Health, useValue: health },
    { provide: Metrics, useValue: metrics },
    { provide: Tracing, useValue: tracing },
  ];
}

function policies({ configuration, logger }: CommandApiRuntime): Provider[] {
  const callbacks = callbackPolicyOf(configuration);
  if (callbacks.isTokenTakenFromUrl) {
    logger.warn('UPLIFT_HEALTH_CALLBACK_URL_TOKEN: tokens of instances stand in logs of proxies');
  }
  return [
    { provide: CoreNames, useValue: new CoreNames(configuration.lagoonCoreNames) },
    { provide: StreamLimit, useValue: new StreamLimit(configuration) },
    { provide: CallbackTokens, useValue: new CallbackTokens(callbacks) },
    { provide: TrustedOrigins, useValue: trustedOriginsOf(configuration) },
    { provide: CommandLimits, useValue: new CommandLimits(configuration) },
    { provide: UpgradePolicy, useValue: new UpgradePolicy(configuration) },
  ];
}

function adapters(runtime: CommandApiRuntime): Provider[] {
  const { configuration, clock } = runtime;
  const ends = new StreamEnds(clock);
  return [
    {
      provide: EsdbEventStore,
      useFactory: () =>
        openServiceStore(configuration.eventStoreUrl, SERVICE_RIGHTS['command-api'], runtime),
    },
    {
      provide: EventStore,
      inject: [EsdbEventStore, DivergenceWatch],
      useFactory: (store: EventStore, watch: DivergenceWatch) => {
        const noticing = new NewerEventsNoticed(checkedEventStore(store, { watch, ends, clock }));
        runtime.health.addReadiness('read events', () => noticing.tooOldFor);
        return noticing;
      },
    },
    {
      provide: DivergenceWatch,
      inject: [EsdbEventStore, BusConnection],
      useFactory: (store: EventStore, bus: BusConnection) =>
        new StoreWatch(store, bus, { ...runtime, onResolved: () => ends.clear() }),
    },
    {
      provide: BusConnection,
      useFactory: () =>
        openServiceBus({ ...runtime, user: 'command-api', ...busAccess(configuration) }),
    },
    {
      provide: BusClient,
      inject: [BusConnection],
      useFactory: (connection: BusConnection) => new BusClient(connection, runtime.tracing),
    },
  ];
}

/** Where commands are decided on. */
function histories(runtime: CommandApiRuntime): Provider[] {
  return [
    {
      provide: InstanceHistory,
      inject: [EventStore],
      useFactory: (store: EventStore) =>
        new InstanceHistory(store, SERVICE_NAME, {
          snapshotEvery: runtime.configuration.snapshotEvery,
          clock: runtime.clock,
        }),
    },
    {
      provide: CommandHandler,
      inject: [InstanceHistory],
      useFactory: (history: InstanceHistory) => new CommandHandler(history, runtime),
    },
    {
      provide: EnvironmentCommandHandler,
      inject: [EventStore],
      useFactory: (store: EventStore) =>
        new EnvironmentCommandHandler(
          new StreamHistory(store, SERVICE_NAME, 'environment', environmentDecider),
          runtime,
        ),
    },
  ];
}

/** Streams of which there is one each. */
function systemStreams(runtime: CommandApiRuntime): Provider[] {
  return [
    {
      provide: SwitchStream,
      inject: [EventStore, CommandMeter],
      useFactory: (store: EventStore, meter: CommandMeter) => {
        const { streams } = new SystemHistory(store, SERVICE_NAME);
        const handler = new SystemCommandHandler(SYSTEM_STREAM, streams, runtime);
        return new SwitchStream(handler, meter);
      },
    },
    {
      provide: FindingStream,
      inject: [EventStore, CommandMeter],
      useFactory: (store: EventStore, meter: CommandMeter) => {
        const streams = new StreamHistory(store, SERVICE_NAME, 'system', findingsDecider);
        const handler = new SystemCommandHandler(FINDINGS_STREAM, streams, runtime);
        return new FindingStream(handler, meter);
      },
    },
    {
      provide: ApiTokenStream,
      inject: [EventStore, CommandMeter],
      useFactory: (store: EventStore, meter: CommandMeter) => {
        const streams = new StreamHistory(store, SERVICE_NAME, 'system', API_TOKENS_DECIDER);
        const handler = new SystemCommandHandler(API_TOKENS_STREAM, streams, runtime);
        return new ApiTokenStream(handler, meter);
      },
    },
    {
      provide: AcceptedStores,
      inject: [EsdbEventStore, CommandMeter],
      useFactory: (store: EventStore, meter: CommandMeter) => {
        const history = new StreamHistory(store, SERVICE_NAME, 'system', decisionsDecider);
        const handler = new SystemCommandHandler(DECISIONS_STREAM, history, runtime);
        return new AcceptedStores(handler, meter);
      },
    },
  ];
}

function erasureStream(runtime: CommandApiRuntime): Provider {
  return {
    provide: ErasureStream,
    inject: [EventStore, CommandMeter],
    useFactory: (store: EventStore, meter: CommandMeter) => {
      const streams = new StreamHistory(store, SERVICE_NAME, 'system', erasuresDecider);
      const handler = new SystemCommandHandler(ERASURES_STREAM, streams, runtime);
      return new ErasureStream(handler, meter);
    },
  };
}
