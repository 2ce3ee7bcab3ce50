import type { INestMicroservice } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BusConnection, connectBus } from '@uplift/bus';
import { EventStore } from '@uplift/event-store';
import {
  createLogger,
  Health,
  Metrics,
  NestLogger,
  NO_TRACING,
  systemClock,
  systemRandomness,
} from '@uplift/runtime';
import { ProjectionLoop } from '../../../apps/projector/src/projection/projection-loop';
import { ProjectionProgress } from '../../../apps/projector/src/projection/projection-progress';
import type { ProjectorRuntime } from '../../../apps/projector/src/projector.module';
import { PROJECTOR_NAME, ProjectorModule } from '../../../apps/projector/src/projector.module';
import { queryService } from '../../../apps/projector/src/queries/queries.controller';
import { PATIENCE_MS } from '../../support/eventually';

export interface ProjectorServers {
  readonly store: EventStore;
  readonly natsUrl: string;
  readonly postgresUrl: string;
}

/** The whole projector inside the test's process, on a real bus and a real database. */
export class RunningProjector {
  private constructor(
    private readonly app: INestMicroservice,
    readonly health: Health,
    readonly metrics: Metrics,
  ) {}

  static async start({ store, natsUrl, postgresUrl }: ProjectorServers): Promise<RunningProjector> {
    const runtime = runtimeFor(natsUrl, postgresUrl);
    const bus = await connectBus({ servers: natsUrl, name: PROJECTOR_NAME });
    const module = await Test.createTestingModule({ imports: [ProjectorModule.for(runtime)] })
      .overrideProvider(EventStore)
      .useValue(keptOpen(store))
      .overrideProvider(BusConnection)
      .useValue(bus)
      .compile();
    const app = module.createNestMicroservice({
      strategy: queryService(bus, PROJECTOR_NAME),
      logger: new NestLogger(runtime.logger),
    });
    await app.listen();
    runtime.health.markStarted();
    return new RunningProjector(app, runtime.health, runtime.metrics);
  }

  get loop(): ProjectionLoop {
    return this.app.get(ProjectionLoop);
  }

  get progress(): ProjectionProgress {
    return this.app.get(ProjectionProgress);
  }

  /** Waits until the read model reflects the position. */
  async reached(position: bigint, withinMs = PATIENCE_MS): Promise<void> {
    if (await this.progress.reaches(position, withinMs)) return;
    throw new Error(`The projector did not get to ${position.toString()}`);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

/** The store belongs to the test: one projector's end must not close it. */
function keptOpen(store: EventStore): EventStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'close') return () => Promise.resolve();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function runtimeFor(natsUrl: string, postgresUrl: string): ProjectorRuntime {
  return {
    name: PROJECTOR_NAME,
    configuration: {
      natsUrl,
      ...{ natsToken: undefined, natsCreds: undefined, natsNkeySeed: undefined },
      ...{ natsTlsCa: undefined, natsTlsCert: undefined, natsTlsKey: undefined },
      postgresUrl,
      ...{
        rootTokenHash: undefined,
        apiTokensCreatedAfter: undefined,
        jwtIssuer: undefined,
        jwtAudience: undefined,
      },
      ...{ jwtJwksUrl: undefined, jwtAlgorithms: ['RS256'], readsPerMinute: 600 },
      eventStoreUrl: 'esdb://127.0.0.1:1?tls=false',
      logLevel: 'silent',
      healthHost: '127.0.0.1',
      healthPort: 0,
      httpHost: '127.0.0.1',
      httpPort: 0,
      beatLimitMs: 0,
      drainMs: 0,
      buildCommit: 'spec',
      failpoints: undefined,
    },
    logger: createLogger(PROJECTOR_NAME, { level: 'silent' }),
    health: new Health(systemClock),
    clock: systemClock,
    randomness: systemRandomness,
    metrics: new Metrics(PROJECTOR_NAME),
    tracing: NO_TRACING,
    exit: (code) => expect(code).toBeUndefined(),
  };
}
