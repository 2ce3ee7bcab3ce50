import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { BusConnection, connectServiceBus } from '@uplift/bus';
import { EsdbEventStore, EventStore } from '@uplift/event-store';
import type { ServiceRuntime, SettingName } from '@uplift/runtime';
import { migrateLive } from './database/migrate';
import { openDatabase } from './database/open-database';
import type { ReadModelDatabase } from './database/read-model.tables';
import { ProjectionLoop } from './projection/projection-loop';
import { ProjectionProgress } from './projection/projection-progress';
import { ProjectionService } from './projection/projection.service';
import { ProjectorConnections } from './projector.connections';
import { recordBatches, showProgress } from './projector.metrics';
import { QueriesController } from './queries/queries.controller';
import { SnapshotReader } from './queries/snapshot-reader';

export const PROJECTOR_NAME = 'uplift-projector';
export const PROJECTOR_SETTINGS = [
  'eventStoreUrl',
  'natsUrl',
  'postgresUrl',
] as const satisfies readonly SettingName[];

export type ProjectorRuntime = ServiceRuntime<(typeof PROJECTOR_SETTINGS)[number]>;

const DATABASE = Symbol('ReadModelDatabase');

@Module({})
export class ProjectorModule {
  static for(runtime: ProjectorRuntime): DynamicModule {
    return {
      module: ProjectorModule,
      controllers: [QueriesController],
      providers: [
        ...connections(runtime),
        ...projection(runtime),
        ...reading(runtime),
        ...ending(),
      ],
    };
  }
}

function connections({ name, configuration, clock, logger, health }: ProjectorRuntime): Provider[] {
  const { eventStoreUrl, natsUrl, postgresUrl } = configuration;
  return [
    {
      provide: EventStore,
      useFactory: () => new EsdbEventStore({ connectionString: eventStoreUrl }),
    },
    {
      provide: BusConnection,
      useFactory: () => connectServiceBus({ name, servers: natsUrl, clock, logger, health }),
    },
    {
      provide: DATABASE,
      useFactory: () =>
        openDatabase({
          url: postgresUrl,
          onError: (err) => logger.warn({ err }, 'a database connection broke'),
        }),
    },
  ];
}

function projection({ configuration, metrics, logger, health }: ProjectorRuntime): Provider[] {
  return [
    ProjectionProgress,
    {
      provide: ProjectionLoop,
      inject: [EventStore, DATABASE, ProjectionProgress],
      useFactory: (
        store: EventStore,
        database: ReadModelDatabase,
        progress: ProjectionProgress,
      ) => {
        const onBatch = recordBatches(metrics);
        const prepare = () => migrateLive(configuration.postgresUrl);
        const loop = new ProjectionLoop({ store, prepare, database, progress, logger, onBatch });
        showProgress(metrics, progress, loop);
        return loop;
      },
    },
    {
      provide: ProjectionService,
      inject: [ProjectionLoop, EventStore, ProjectionProgress],
      useFactory: (loop: ProjectionLoop, store: EventStore, progress: ProjectionProgress) =>
        new ProjectionService({ loop, store, progress, health }),
    },
  ];
}

function reading({ logger }: ProjectorRuntime): Provider[] {
  return [
    {
      provide: SnapshotReader,
      inject: [DATABASE, ProjectionProgress],
      useFactory: (database: ReadModelDatabase, progress: ProjectionProgress) =>
        new SnapshotReader(database, progress, logger),
    },
  ];
}

function ending(): Provider[] {
  return [
    {
      provide: ProjectorConnections,
      inject: [EventStore, BusConnection, DATABASE, ProjectionService],
      useFactory: (
        store: EventStore,
        bus: BusConnection,
        database: ReadModelDatabase,
        projection: ProjectionService,
      ) => new ProjectorConnections({ store, bus, database, projection }),
    },
  ];
}
