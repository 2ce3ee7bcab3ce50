import type { AddressInfo } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { BusConnection } from '@uplift/bus';
import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import { EsdbEventStore, EventStore } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import type { CancelTimer, ServiceOptions, ServiceRuntime, SettingName } from '@uplift/runtime';
import {
  Clock,
  createLogger,
  Health,
  Metrics,
  NestLogger,
  NO_TRACING,
  readConfiguration,
  systemClock,
} from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import { commandApi } from '../../apps/command-api/src/command-api.service';
import {
  PROJECTOR_NAME,
  PROJECTOR_SETTINGS,
  ProjectorModule,
} from '../../apps/projector/src/projector.module';
import { queryService } from '../../apps/projector/src/queries/queries.controller';
import { ReadModel } from '../../apps/projector/src/read-model/read-model.port';
import { InMemoryReadModel } from '../../apps/projector/src/testing/in-memory.read-model';

/** So that health callbacks come to what they ask for. */
export const CALLBACK_KEYS = ['a-key-of-the-fuzz-tests-with-more-than-32'] as const;
const SERVERS = {
  UPLIFT_EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false',
  UPLIFT_NATS_URL: 'nats://127.0.0.1:1',
  UPLIFT_POSTGRES_URL: 'postgres://127.0.0.1:1/none',
  UPLIFT_AUTH: 'off',
  UPLIFT_HEALTH_CALLBACK_KEY: CALLBACK_KEYS[0],
  UPLIFT_HEALTH_CALLBACK_GET: 'true',
  UPLIFT_HEALTH_CALLBACK_URL_TOKEN: 'true',
};
const SERVICE_SETTINGS = ['logLevel', 'beatLimitMs', 'drainMs', 'buildCommit'] as const;

/** What would wait for seconds waits for milliseconds. */
class HastyClock extends Clock {
  override wall(): number {
    return systemClock.wall();
  }

  override monotonic(): number {
    return systemClock.monotonic() * HASTE;
  }

  override after(ms: number, run: () => void): CancelTimer {
    return systemClock.after(ms / HASTE, run);
  }
}
const HASTE = 20;

type Settings = Readonly<Record<string, string>>;

interface Composition {
  readonly module: DynamicModule;
  readonly twins: readonly (readonly [port: unknown, twin: object])[];
}

/** Command API and projector with their own composition, over twins of store, bus and database. */
export class ServicesInProcess {
  readonly clock = new HastyClock();
  readonly store = new InMemoryEventStore();
  readonly bus = new InMemoryBus({ clock: this.clock, randomness: new SeededRandomness(1) });
  /** Lines of the services' logs that speak of what nobody expected. */
  readonly errors: string[] = [];
  private readonly apps: NestFastifyApplication[] = [];

  private constructor(private readonly settings: Settings) {}

  static async start(settings: Settings = {}): Promise<ServicesInProcess> {
    const services = new ServicesInProcess(settings);
    await services.connect('relay').ensureTopology();
    await services.startProjector();
    await services.startCommandApi();
    return services;
  }

  /** Where the command API answers. */
  get port(): number {
    const server = this.apps.at(-1)?.getHttpServer();
    return (server?.address() as AddressInfo).port;
  }

  connect(name: string): InMemoryBusConnection {
    return new InMemoryBusConnection(this.bus, name);
  }

  async stop(): Promise<void> {
    for (const app of this.apps.reverse()) await app.close();
  }

  private async startProjector(): Promise<void> {
    const runtime = this.runtime(PROJECTOR_NAME, PROJECTOR_SETTINGS);
    const twins = [
      [EventStore, this.store],
      [ReadModel, new InMemoryReadModel(this.clock)],
    ] as const;
    await this.serve(
      runtime,
      { module: ProjectorModule.for(runtime), twins },
      {
        strategies: (app) => [queryService(app.get(BusConnection), PROJECTOR_NAME)],
      },
    );
  }

  private async startCommandApi(): Promise<void> {
    const { name, settings, module, ...options } = commandApi();
    const runtime = this.runtime(name, settings);
    const twins = [[EsdbEventStore, this.store]] as const;
    await this.serve(runtime, { module: module(runtime) as DynamicModule, twins }, options);
  }

  private async serve<N extends SettingName>(
    runtime: ServiceRuntime<N>,
    { module, twins }: Composition,
    { http = {}, strategies = () => [] }: Pick<ServiceOptions<N>, 'http' | 'strategies'>,
  ): Promise<void> {
    const building = Test.createTestingModule({ imports: [module] });
    building.overrideProvider(BusConnection).useValue(this.connect(runtime.name));
    for (const [port, twin] of twins) building.overrideProvider(port).useValue(twin);
    const built = await building.compile();
    const app = built.createNestApplication<NestFastifyApplication>(
      new FastifyAdapter(http.fastify ?? {}),
      { logger: new NestLogger(runtime.logger) },
    );
    await http.configure?.(app);
    for (const strategy of strategies(app, runtime)) {
      app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    }
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    runtime.health.markStarted();
    this.apps.push(app);
  }

  private runtime<N extends SettingName>(name: string, settings: readonly N[]): ServiceRuntime<N> {
    const names = [...SERVICE_SETTINGS, ...settings] as readonly N[];
    const write = (line: string) => void this.errors.push(line);
    return {
      name,
      configuration: readConfiguration(names, {
        ...SERVERS,
        ...this.settings,
      }) as ServiceRuntime<N>['configuration'],
      logger: createLogger(name, { level: 'error', destination: { write } }),
      health: new Health(this.clock),
      metrics: new Metrics(name),
      tracing: NO_TRACING,
      clock: this.clock,
      randomness: new SeededRandomness(1),
      exit: (code) => void this.errors.push(`ended with ${code}`),
    };
  }
}
