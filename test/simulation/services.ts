import { Logger as NestLog } from '@nestjs/common';
import type { TestingModule, TestingModuleBuilder } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { BusConnection } from '@uplift/bus';
import { EsdbEventStore, EventStore } from '@uplift/event-store';
import { HealthProbe, LagoonCores } from '@uplift/lagoon';
import type { Clock, Logger, Randomness, ServiceOptions, SettingName } from '@uplift/runtime';
import { Health, Metrics, NO_TRACING, readConfiguration, SERVICE_SETTINGS } from '@uplift/runtime';
import { commandApi } from '../../apps/command-api/src/command-api.service';
import { projector } from '../../apps/projector/src/projector.module';
import { ReadModel } from '../../apps/projector/src/read-model/read-model.port';
import { relay } from '../../apps/relay/src/relay.module';
import { AUDITED_STORE } from '../../apps/stage-workers/src/providers/auditor.provider';
import type { Startable } from '../../apps/stage-workers/src/stage-selection';
import { STARTABLE } from '../../apps/stage-workers/src/stage-selection';
import { STORE } from '../../apps/stage-workers/src/stage-workers.module';
import { stageWorkers } from '../../apps/stage-workers/src/stage-workers.service';

NestLog.overrideLogger(false);

export const SERVICES = ['command-api', 'relay', 'projector', ...STARTABLE, 'all-stages'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Everything a service meets outside itself. */
export interface Surroundings {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Logger;
  readonly store: EventStore;
  readonly bus: BusConnection;
  readonly database: ReadModel;
  readonly lagoon: LagoonCores;
  readonly probe: HealthProbe;
  readonly exit: (code: number) => void;
}

export interface RunningService {
  readonly health: Health;
  stop(): Promise<void>;
}

/**
 * Times of the run, in milliseconds: everything that takes hours in production takes a minute here, in the same
 * proportions. What is not named is as in production.
 */
export const TIMES = {
  UPLIFT_POLL_EARLY_INTERVAL_MS: 1_000,
  UPLIFT_POLL_EARLY_FOR_MS: 4_000,
  UPLIFT_POLL_INTERVAL_MS: 2_000,
  UPLIFT_POLL_QUEUED_INTERVAL_MS: 2_000,
  UPLIFT_TASK_POLL_INTERVAL_MS: 700,
  UPLIFT_LATE_WATCH_MS: 40_000,
  UPLIFT_LATE_INTERVAL_MS: 4_000,
  UPLIFT_PROBE_INTERVAL_MS: 400,
  UPLIFT_PROBE_TIMEOUT_MS: 1_500,
  UPLIFT_PROBE_WINDOW_MS: 8_000,
  UPLIFT_CALL_LEASE_MS: 3_000,
  UPLIFT_CALL_TIMEOUT_MS: 2_000,
  UPLIFT_PERMISSION_PAUSE_MS: 2_000,
  UPLIFT_RECONCILE_INTERVAL_MS: 1_500,
  UPLIFT_NOT_FOUND_GAP_MS: 2_500,
  UPLIFT_SETTLE_WINDOW_MS: 15_000,
  UPLIFT_ROW_VISIBLE_MS: 4_000,
  UPLIFT_BUILD_NOT_STARTED_MS: 10_000,
  UPLIFT_BUILD_VANISHED_MS: 6_000,
  UPLIFT_DEADLINE_PENDING_MS: 12_000,
  UPLIFT_DEADLINE_STEP_MS: 20_000,
  UPLIFT_DEADLINE_CALL_MS: 45_000,
  UPLIFT_DEADLINE_QUEUED_MS: 30_000,
  UPLIFT_DEADLINE_RUNNING_MS: 30_000,
  UPLIFT_DEADLINE_VERIFY_MS: 16_000,
  UPLIFT_DEADLINE_ATTEMPT_MS: 120_000,
  UPLIFT_WATCHDOG_INTERVAL_MS: 1_500,
  UPLIFT_AUDIT_INTERVAL_MS: 20_000,
  UPLIFT_AUDIT_WHOLE_MS: 40_000,
  UPLIFT_CHECKPOINT_EVENTS: 40,
  UPLIFT_ACK_WAIT_MS: 6_000,
} as const;

const ENVIRONMENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(TIMES).map(([name, ms]) => [name, String(ms)])),
  UPLIFT_SNAPSHOT_EVENTS: '5',
  UPLIFT_AUTH: 'off',
  UPLIFT_EVENTSTORE_URL: 'esdb://store.invalid:2113?tls=false',
  UPLIFT_NATS_URL: 'nats://bus.invalid:4222',
  UPLIFT_POSTGRES_URL: 'postgres://database.invalid/uplift',
  UPLIFT_LAGOON_URL: 'https://lagoon.invalid/graphql',
  UPLIFT_LAGOON_TOKEN: 'none',
};

/** Of one container, started with what `surroundings` say instead of its adapters. */
export async function startService(
  service: ServiceName,
  processName: string,
  surroundings: Surroundings,
): Promise<RunningService> {
  const options = optionsOf(service);
  const { clock, randomness, logger, exit } = surroundings;
  const health = new Health(clock);
  const runtime = {
    ...{ name: options.name, clock, randomness, logger, health, exit },
    configuration: { ...configurationOf(options), workerId: processName },
    metrics: new Metrics(options.name, 'simulated'),
    tracing: NO_TRACING,
  };
  const builder = Test.createTestingModule({ imports: [options.module(runtime)] });
  const container = await within(builder, service, surroundings).compile();
  const strategies = options.strategies?.(container, runtime) ?? [];
  const app = await started(container, strategies[0]);
  health.markStarted();
  return {
    health,
    stop: async () => {
      health.markStopping();
      await app.close();
    },
  };
}

/** These two use the store as it is; all others watch whether it is still the same. */
const UNGUARDED: readonly ServiceName[] = ['relay', 'projector'];

function within(
  builder: TestingModuleBuilder,
  service: ServiceName,
  surroundings: Surroundings,
): TestingModuleBuilder {
  const { store, bus, database, lagoon, probe } = surroundings;
  const replaced = [
    ...[STORE, AUDITED_STORE, EsdbEventStore].map((token) => [token, store] as const),
    ...(UNGUARDED.includes(service) ? [[EventStore, store] as const] : []),
    [BusConnection, bus] as const,
    [ReadModel, database] as const,
    [LagoonCores, lagoon] as const,
    [HealthProbe, probe] as const,
  ];
  for (const [token, value] of replaced) builder.overrideProvider(token).useValue(value);
  return builder.setLogger(false as never);
}

async function started(
  container: TestingModule,
  strategy: ReturnType<NonNullable<ServiceOptions<never>['strategies']>>[number] | undefined,
) {
  if (strategy === undefined) return container.init();
  const app = container.createNestMicroservice({ strategy });
  await app.listen();
  return app;
}

type AnyService = ServiceOptions<SettingName>;

function optionsOf(service: ServiceName): AnyService {
  switch (service) {
    case 'command-api':
      return commandApi();
    case 'relay':
      return relay();
    case 'projector':
      return projector();
    case 'all-stages':
      return stageWorkers(() => STARTABLE);
    default:
      return stageWorkers((): readonly Startable[] => [service]);
  }
}

const known = new Map<string, unknown>();

/** Read once: it is the same for every process of the service. */
function configurationOf({ name, settings }: AnyService) {
  const read = () => readConfiguration([...SERVICE_SETTINGS, ...settings], ENVIRONMENT);
  const configuration = (known.get(name) as ReturnType<typeof read> | undefined) ?? read();
  known.set(name, configuration);
  return configuration;
}
