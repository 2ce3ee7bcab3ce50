import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { BusConnection, connectServiceBus } from '@uplift/bus';
import type { Actor } from '@uplift/contracts';
import { EsdbEventStore, EventStore, InstanceHistory } from '@uplift/event-store';
import { HealthProbe, LagoonCores, UndiciHealthProbe } from '@uplift/lagoon';
import { admissionProvider } from './admission/admission.parts';
import { Connections } from './connections';
import { effectProviders } from './effects/effects.parts';
import { lagoonCoresOf } from './lagoon/lagoon-cores.parts';
import { LagoonOutages } from './runner/lagoon-outages';
import { StageRunner } from './runner/stage-runner';
import { partsOf } from './stage-parts';
import type { Startable } from './stage-selection';
import type { StageRuntime } from './stage-workers.settings';
import { watchdogProvider } from './stages/watchdog/watchdog.parts';

export const SERVICE_NAME = 'stage-workers';

/** Composition root: the one place where the stages and their adapters are chosen. */
@Module({})
export class StageWorkersModule {
  static for(runtime: StageRuntime, stages: readonly Startable[]): DynamicModule {
    const actor: Actor = {
      type: 'system',
      id: `${SERVICE_NAME}/${runtime.configuration.workerId}`,
    };
    const parts = stages.flatMap((stage) =>
      stage === 'watchdog' ? [] : [partsOf(stage, runtime)],
    );
    const watchdog = stages.includes('watchdog') ? [watchdogProvider(runtime, actor)] : [];
    return {
      module: StageWorkersModule,
      controllers: parts.flatMap(({ controllers }) => [...controllers]),
      providers: [
        ...adapters(runtime),
        ...runners(runtime, actor),
        ...effectProviders(runtime),
        ...parts.flatMap(({ providers }) => [...providers]),
        ...watchdog,
        ...(stages.some(asksForRoom) ? [admissionProvider(runtime)] : []),
        Connections,
      ],
    };
  }
}

/** Only these read the whole store to know how much room a core has. */
function asksForRoom(stage: Startable): boolean {
  return stage === 'upgrade' || stage === 'watchdog';
}

function adapters(runtime: StageRuntime): Provider[] {
  const { configuration } = runtime;
  const { natsUrl, eventStoreUrl, probeAllowLoopback } = configuration;
  return [
    { provide: EventStore, useValue: new EsdbEventStore({ connectionString: eventStoreUrl }) },
    { provide: LagoonCores, useValue: lagoonCoresOf(runtime) },
    {
      provide: HealthProbe,
      useValue: new UndiciHealthProbe({ allowLoopback: probeAllowLoopback }, runtime.clock),
    },
    {
      provide: BusConnection,
      useFactory: () => connectServiceBus({ ...runtime, servers: natsUrl }),
    },
  ];
}

function runners({ logger }: StageRuntime, actor: Actor): Provider[] {
  return [
    {
      provide: InstanceHistory,
      inject: [EventStore],
      useFactory: (store: EventStore) => new InstanceHistory(store, SERVICE_NAME),
    },
    {
      provide: StageRunner,
      inject: [InstanceHistory, LagoonCores],
      useFactory: (history: InstanceHistory, cores: LagoonCores) =>
        new StageRunner({ actor, history }, logger, new LagoonOutages(cores)),
    },
  ];
}
