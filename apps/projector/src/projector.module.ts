import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  ApiTokens,
  Authenticator,
  DenialMeter,
  RequestLimiter,
  TOKEN_SETTINGS,
  tokenPolicyOf,
  verifierFor,
} from '@uplift/access';
import { BUS_ACCESS_SETTINGS, busAccess, BusConnection, connectServiceBus } from '@uplift/bus';
import { EventStore, openServiceStore, SERVICE_RIGHTS } from '@uplift/event-store';
import type { ServiceOptions, ServiceRuntime, SettingName } from '@uplift/runtime';
import { ProjectionLoop } from './projection/projection-loop';
import { ProjectionProgress } from './projection/projection-progress';
import { recordBatches, showProgress } from './projection/projection.metrics';
import type { WrittenBatch } from './projection/projection-loop';
import { traceBatches } from './projection/projection.traces';
import { whyStale } from './projection/projection-state';
import { ProjectionService } from './projection/projection.service';
import { QueriesController, queryService } from './queries/queries.controller';
import { QueryGuard } from './queries/query-access';
import { SnapshotReader } from './queries/snapshot-reader';
import { PostgresReadModel } from './read-model/postgres.read-model';
import { ReadModel } from './read-model/read-model.port';
import { rebuildReadModel } from './rebuild/rebuild-read-model';

export const PROJECTOR_NAME = 'uplift-projector';
export const PROJECTOR_SETTINGS = [
  'eventStoreUrl',
  ...BUS_ACCESS_SETTINGS,
  'postgresUrl',
  ...TOKEN_SETTINGS,
  'readsPerMinute',
] as const satisfies readonly SettingName[];

export type ProjectorRuntime = ServiceRuntime<(typeof PROJECTOR_SETTINGS)[number]>;

/** The service as a whole: what `main` runs and what a test starts. */
export function projector(): ServiceOptions<(typeof PROJECTOR_SETTINGS)[number]> {
  return {
    name: PROJECTOR_NAME,
    settings: PROJECTOR_SETTINGS,
    module: (runtime) => ProjectorModule.for(runtime),
    strategies: (app, { tracing }) => [
      queryService(app.get(BusConnection), PROJECTOR_NAME, tracing),
    ],
  };
}

/** Lets the work end before closing what it works on. */
@Injectable()
class ProjectorShutdown implements OnApplicationShutdown {
  constructor(
    private readonly projection: ProjectionService,
    private readonly store: EventStore,
    private readonly bus: BusConnection,
    private readonly readModel: ReadModel,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    const { projection, store, bus, readModel } = this;
    await projection.stop();
    await Promise.all([store.close(), bus.close(), readModel.close()]);
  }
}

@Module({})
export class ProjectorModule {
  static for(runtime: ProjectorRuntime): DynamicModule {
    return {
      module: ProjectorModule,
      controllers: [QueriesController],
      providers: [
        ...connections(runtime),
        ...access(runtime),
        ...projection(runtime),
        ProjectorShutdown,
      ],
    };
  }
}

function connections(runtime: ProjectorRuntime): Provider[] {
  const { configuration, logger } = runtime;
  const { eventStoreUrl, postgresUrl } = configuration;
  return [
    {
      provide: EventStore,
      useFactory: () => openServiceStore(eventStoreUrl, SERVICE_RIGHTS.projector, runtime),
    },
    {
      provide: BusConnection,
      useFactory: () =>
        connectServiceBus({ ...runtime, user: 'projector', ...busAccess(configuration) }),
    },
    {
      provide: ReadModel,
      useFactory: () =>
        new PostgresReadModel({
          url: postgresUrl,
          onError: (err) => logger.warn({ err }, 'a database connection broke'),
        }),
    },
  ];
}

/** Of queries that carry a token. */
function access({ configuration, clock, metrics, logger }: ProjectorRuntime): Provider[] {
  const policy = tokenPolicyOf(configuration);
  if (policy.notice !== undefined) logger.warn(policy.notice);
  return [
    {
      provide: Authenticator,
      inject: [EventStore],
      useFactory: (store: EventStore) => {
        const tokens = new ApiTokens(store, clock, PROJECTOR_NAME, policy.apiTokensFrom);
        return new Authenticator(policy, tokens, verifierFor(policy, clock), clock);
      },
    },
    {
      provide: RequestLimiter,
      useFactory: () =>
        new RequestLimiter({ reads: configuration.readsPerMinute, writes: 0 }, clock),
    },
    { provide: DenialMeter, useFactory: () => new DenialMeter(metrics) },
    { provide: APP_GUARD, useClass: QueryGuard },
  ];
}

function projection(runtime: ProjectorRuntime): Provider[] {
  const { clock, randomness, metrics, logger, health, tracing } = runtime;
  return [
    { provide: ProjectionProgress, useFactory: () => new ProjectionProgress(clock) },
    {
      provide: ProjectionLoop,
      inject: [EventStore, ReadModel, ProjectionProgress],
      useFactory: (store: EventStore, readModel: ReadModel, progress: ProjectionProgress) => {
        const told = [recordBatches(metrics), traceBatches(tracing, clock)];
        const onBatch = (batch: WrittenBatch) => told.forEach((tell) => tell(batch));
        const ports = { store, readModel, clock, randomness, onBeat: health.loop('projection') };
        const rebuild = (signal: AbortSignal) =>
          rebuildReadModel({ store, readModel, clock, signal });
        const loop = new ProjectionLoop({ ...ports, rebuild, progress, logger, onBatch });
        showProgress(metrics, progress, loop, clock);
        return loop;
      },
    },
    {
      provide: ProjectionService,
      inject: [ProjectionLoop, EventStore, ProjectionProgress],
      useFactory: (loop: ProjectionLoop, store: EventStore, progress: ProjectionProgress) =>
        new ProjectionService({ loop, store, progress, health, clock }),
    },
    {
      provide: SnapshotReader,
      inject: [ReadModel, ProjectionLoop, ProjectionProgress, BusConnection],
      useFactory: (
        readModel: ReadModel,
        loop: ProjectionLoop,
        progress: ProjectionProgress,
        bus: BusConnection,
      ) => {
        const maxPayload = () => bus.maxPayload;
        const stale = () => whyStale(loop.state);
        return new SnapshotReader({ readModel, progress, clock, logger, maxPayload, stale });
      },
    },
  ];
}
