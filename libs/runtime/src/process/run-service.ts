import type { INestApplicationContext } from '@nestjs/common';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import type { SettingName } from '../config/settings';
import type { HealthReport } from '../health/health';
import { HealthServer } from '../health/health-server';
import { BeatGuard } from './beat-guard';
import { startHost, type HttpOptions, type RootModule } from './nest-host';
import { runUntilStopped, type Ports, type StartedProcess } from './run-until-stopped';
import { createRuntime, type ServiceRuntime } from './service-runtime';

export interface ServiceOptions<N extends SettingName> {
  readonly name: string;
  /** Settings beside those that every service reads. */
  readonly settings: readonly N[];
  /** The composition root; Nest's lifecycle hooks start and drain the work. */
  readonly module: (runtime: ServiceRuntime<N>) => RootModule;
  /** Microservice strategies, taken from the container, connected to the one application. */
  readonly strategies?: (
    app: INestApplicationContext,
    runtime: ServiceRuntime<N>,
  ) => CustomTransportStrategy[];
  /** Serves HTTP on `UPLIFT_HTTP_HOST` and `UPLIFT_HTTP_PORT`. */
  readonly http?: HttpOptions;
  /** Ports to announce beside `health` and `http`. */
  readonly ports?: (app: INestApplicationContext) => Ports;
}

/** Boots one service with health page, metrics, logging and graceful stop. The whole of a `main.ts`. */
export function runService<N extends SettingName = never>(
  options: ServiceOptions<N>,
): Promise<void> {
  return runUntilStopped({ name: options.name, start: () => startService(options) });
}

/** Starts a service inside this process, which it ends when a loop stands still; the caller stops it. Ready when it returns. */
export async function startService<N extends SettingName = never>(
  options: ServiceOptions<N>,
): Promise<StartedProcess> {
  const runtime = createRuntime(options.name, options.settings);
  const guard = guardOf(runtime);
  const healthServer = new HealthServer(runtime.health, runtime.metrics);
  const { healthHost, healthPort } = runtime.configuration;
  const health = await healthServer.listen({ host: healthHost, port: healthPort });
  const { app, httpPort } = await startHost(
    {
      root: options.module(runtime),
      ...(options.http ? { http: options.http } : {}),
      ...strategiesOf(options, runtime),
    },
    runtime,
  );
  runtime.health.markStarted();
  return {
    ports: {
      ...options.ports?.(app),
      health,
      ...(httpPort === undefined ? {} : { http: httpPort }),
    },
    async drain() {
      runtime.health.markStopping();
      if (options.http) await runtime.clock.pause(runtime.configuration.drainMs);
    },
    async stop() {
      runtime.health.markStopping();
      await app.close();
      await healthServer.close();
      await runtime.tracing.close();
      await guard?.stop();
    },
  };
}

function guardOf({ name, configuration, health, clock, logger }: ServiceRuntime) {
  const { beatLimitMs: limitMs } = configuration;
  if (limitMs === 0) return undefined;
  const guard = new BeatGuard({ health, clock, limitMs, onStandstill });
  guard.watchEventLoop(name);
  return guard;

  function onStandstill(reasons: HealthReport['reasons']): never {
    logger.fatal({ reasons }, 'a loop stands still');
    process.exit(1);
  }
}

function strategiesOf<N extends SettingName>(
  { strategies }: ServiceOptions<N>,
  runtime: ServiceRuntime<N>,
) {
  if (!strategies) return {};
  return { strategies: (app: INestApplicationContext) => strategies(app, runtime) };
}
