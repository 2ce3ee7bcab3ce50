import type {
  BeforeApplicationShutdown,
  DynamicModule,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  Provider,
} from '@nestjs/common';
import { Inject, Injectable, Module } from '@nestjs/common';
import { busAccess, BusConnection, connectServiceBus, stageUser } from '@uplift/bus';
import type { Actor } from '@uplift/contracts';
import {
  AllTail,
  checkedEventStore,
  CommandHandler,
  DivergenceWatch,
  EventStore,
  GuardedEventStore,
  TailCheckpoints,
  InstanceHistory,
  busBesideStore,
  openServiceStore,
  SERVICE_RIGHTS,
  StreamEnds,
} from '@uplift/event-store';
import type { AllTailOptions, DivergenceWatchPorts } from '@uplift/event-store';
import { HealthProbe, LagoonCores, UndiciHealthProbe } from '@uplift/lagoon';
import { JitterClock, RepeatedLines } from '@uplift/runtime';
import { admissionProviders } from './providers/admission.providers';
import { effectProviders } from './providers/effects.providers';
import { lagoonCoresOf } from './providers/lagoon-cores';
import type { Worker } from './runner/instance-session';
import { LagoonOutages } from './runner/lagoon-outages';
import { SetAsideMessages } from './runner/set-aside-messages';
import { StageHops } from './runner/stage-hops';
import { StageRunner } from './runner/stage-runner';
import type { Startable } from './stage-selection';
import type { StageRuntime } from './stage-workers.settings';
import { providersOf } from './providers/stages.providers';
import { watchdogProviders } from './providers/watchdog.providers';

export const SERVICE_NAME = 'stage-workers';

/** Composition root: the one place where the stages and their adapters are chosen. */
@Module({})
export class StageWorkersModule {
  static for(runtime: StageRuntime, stages: readonly Startable[]): DynamicModule {
    const actor: Actor = {
      type: 'system',
      id: `${SERVICE_NAME}/${runtime.configuration.workerId}`,
    };
    // Thousands that wait for the same thing, in many processes, are not to ask for it together.
    const uneven = { ...runtime, clock: new JitterClock(runtime.clock, runtime.randomness) };
    const providers = stages.flatMap((stage) =>
      stage === 'watchdog' ? [] : [providersOf(stage, uneven)],
    );
    const watchdog = stages.includes('watchdog')
      ? watchdogProviders(uneven, actor, SERVICE_NAME, STORE)
      : [];
    return {
      module: StageWorkersModule,
      controllers: providers.flatMap(({ controllers }) => [...controllers]),
      providers: [
        ...adapters(runtime, stageUser(stages)),
        ...workers(runtime, actor),
        ...stageRunner(runtime),
        tail(runtime, { actor, stages }),
        ...effectProviders(uneven),
        ...providers.flatMap(({ providers }) => [...providers]),
        ...watchdog,
        ...(stages.some(beginsWork) ? admissionProviders(uneven) : []),
        Connections,
      ],
    };
  }
}

function beginsWork(stage: Startable): boolean {
  return stage === 'pre-upgrade' || stage === 'upgrade';
}

/** Token of the event store itself, whatever else is known of it. */
export const STORE = 'event store';

function adapters(runtime: StageRuntime, user: string): Provider[] {
  const { configuration, clock, logger, metrics } = runtime;
  const ends = new StreamEnds(clock);
  const { eventStoreUrl, probeAllowLoopback } = configuration;
  return [
    { provide: StreamEnds, useValue: ends },
    {
      provide: STORE,
      useFactory: () => openServiceStore(eventStoreUrl, SERVICE_RIGHTS['stage-workers'], runtime),
    },
    {
      provide: DivergenceWatch,
      inject: [STORE, BusConnection],
      useFactory: (store: EventStore, bus: BusConnection) =>
        storeWatch(store, bus, { ...runtime, onResolved: () => ends.clear() }),
    },
    {
      provide: EventStore,
      inject: [STORE, DivergenceWatch],
      useFactory: (store: EventStore, watch: DivergenceWatch) =>
        checkedEventStore(store, { watch, ends, clock }),
    },
    { provide: SetAsideMessages, useValue: new SetAsideMessages(metrics, logger) },
    { provide: LagoonCores, useFactory: () => lagoonCoresOf(runtime) },
    {
      provide: HealthProbe,
      useFactory: () => new UndiciHealthProbe({ allowLoopback: probeAllowLoopback }, clock),
    },
    {
      provide: BusConnection,
      useFactory: async () => {
        const bus = await connectServiceBus({ ...runtime, user, ...busAccess(configuration) });
        // It may come back filled anew, with what is over long ago.
        bus.onReconnect(() => ends.clear());
        return bus;
      },
    },
  ];
}

/** While store and bus differ nothing is appended, and no message is answered for: it waits. */
function storeWatch(
  store: EventStore,
  bus: BusConnection,
  { health, ...ports }: StageRuntime & Pick<DivergenceWatchPorts, 'onResolved'>,
) {
  const onBeat = health.loop('store watch');
  const watch = new StoreWatch(busBesideStore(bus, store), { ...ports, onBeat });
  health.addReadiness('store', () => watch.reason);
  return watch;
}

class StoreWatch extends DivergenceWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  onApplicationBootstrap(): void {
    this.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }
}

const WORKER = 'who reads and writes instances';

function workers({ clock, randomness, tracing }: StageRuntime, actor: Actor): Provider[] {
  return [
    {
      provide: InstanceHistory,
      inject: [EventStore],
      useFactory: (store: EventStore) => new InstanceHistory(store, SERVICE_NAME),
    },
    {
      provide: CommandHandler,
      inject: [InstanceHistory],
      useFactory: (history: InstanceHistory) => new CommandHandler(history, { clock, randomness }),
    },
    {
      provide: WORKER,
      inject: [InstanceHistory, StreamEnds, CommandHandler],
      useFactory: (
        history: InstanceHistory,
        ends: StreamEnds,
        commands: CommandHandler,
      ): Worker => ({ history, ends, commands, actor, clock, tracing }),
    },
  ];
}

/** The loop of all stages, and its way from one to the next. */
function stageRunner({ clock, randomness, logger }: StageRuntime): Provider[] {
  const hops = new StageHops();
  return [
    { provide: StageHops, useValue: hops },
    {
      provide: StageRunner,
      inject: [WORKER, SetAsideMessages, LagoonCores, DivergenceWatch],
      useFactory: (
        worker: Worker,
        setAside: SetAsideMessages,
        cores: LagoonCores,
        watch: DivergenceWatch,
      ) => {
        const outages = new LagoonOutages(cores, clock);
        const assertSameStore = () => watch.assertSame();
        const lines = new RepeatedLines(clock);
        const ports = { worker, outages, setAside, logger, lines, randomness, assertSameStore };
        return new StageRunner({ ...ports, handOver: hops.handOver });
      },
    },
  ];
}

/** The one subscription of the process, open only if somebody listens. */
function tail(runtime: StageRuntime, { actor, stages }: Follower): Provider {
  const { clock, randomness, logger, health, exit, configuration } = runtime;
  const onBreak = (error: unknown, isRepeated: boolean) => {
    if (!isRepeated) logger.warn({ err: error }, 'the tail of the store broke off');
  };
  return {
    provide: AllTail,
    inject: [EventStore, STORE, DivergenceWatch],
    useFactory: (store: EventStore, bare: EventStore, watch: DivergenceWatch) => {
      const onAnotherStore = (error: Error) => {
        logger.fatal({ err: error }, 'the store is another one: begin anew');
        exit(1);
      };
      // What others put at the end of its stream has no hash that an append could be held against.
      const checkpoints = new TailCheckpoints(new GuardedEventStore(bare, watch), {
        ...{ clock, randomness, logger, actor, service: SERVICE_NAME },
        name: stages.includes('watchdog') ? 'watchdog' : 'admission',
        everyEvents: configuration.checkpointEvents,
      });
      const options = { clock, randomness, onBreak, onAnotherStore, checkpoints };
      const tail = new StoreTail(store, options, { health, logger });
      health.addReadiness('events', () => tail.tooOldFor);
      return tail;
    },
  };
}

interface Follower {
  readonly actor: Actor;
  readonly stages: readonly Startable[];
}

const TAIL_LOOP = 'tail';

class StoreTail
  extends AllTail
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    store: EventStore,
    options: AllTailOptions,
    private readonly runtime: Pick<StageRuntime, 'health' | 'logger'>,
  ) {
    super(store, { ...options, onBeat: runtime.health.loop(TAIL_LOOP) });
  }

  onApplicationBootstrap(): void {
    const { health, logger } = this.runtime;
    if (this.listenerCount === 0) return health.endLoop(TAIL_LOOP);
    this.add({
      onUnreadable: ({ event: { id, stream, revision }, ...unreadable }) =>
        logger.error({ ...unreadable, eventId: id, stream, revision }, 'an event is not readable'),
    });
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.noteFolds();
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }
}

/** Closes what the process holds open, after every stage has drained. */
@Injectable()
class Connections implements OnApplicationShutdown {
  constructor(
    @Inject(BusConnection) private readonly bus: BusConnection,
    @Inject(EventStore) private readonly store: EventStore,
    @Inject(LagoonCores) private readonly cores: LagoonCores,
    @Inject(HealthProbe) private readonly probe: HealthProbe,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.allSettled([this.cores.close(), this.probe.close()]);
    await this.bus.close();
    await this.store.close();
  }
}
