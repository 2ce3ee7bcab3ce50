import type { INestApplicationContext } from '@nestjs/common';
import type { UnreadableMessage } from '@uplift/bus';
import { BusConnection, JetStreamStrategy } from '@uplift/bus';
import type { ServiceOptions } from '@uplift/runtime';
import { StageHops } from './runner/stage-hops';
import { SetAsideMessages } from './runner/set-aside-messages';
import type { Startable } from './stage-selection';
import { SERVICE_NAME, StageWorkersModule } from './stage-workers.module';
import type { StageRuntime } from './stage-workers.settings';
import { STAGE_SETTINGS } from './stage-workers.settings';

/** The service as a whole: what `main` runs and what a test starts. `stagesOf` answers the stages it works on. */
export function stageWorkers(
  stagesOf: (configured: readonly string[]) => readonly Startable[],
): ServiceOptions<(typeof STAGE_SETTINGS)[number]> {
  return {
    name: SERVICE_NAME,
    settings: STAGE_SETTINGS,
    module: (runtime) => StageWorkersModule.for(runtime, stagesOf(runtime.configuration.stages)),
    strategies: (app, runtime) => [eventTransport(app, runtime)],
  };
}

function eventTransport(
  app: INestApplicationContext,
  { health, configuration }: StageRuntime,
): JetStreamStrategy {
  const { ackWaitMs } = configuration;
  const connection = app.get(BusConnection);
  const beats = new Map<string, () => void>();
  const beatOf = (durable: string) => {
    const beat = beats.get(durable) ?? health.loop(`consumer ${durable}`);
    beats.set(durable, beat);
    return beat;
  };
  const onBeat = (durable: string) => beatOf(durable)();
  const waits = ackWaitMs > 0 ? { ackWaitMs } : {};
  const setAside = app.get(SetAsideMessages);
  const onUnreadable = (error: Error, message: UnreadableMessage) =>
    setAside.record(error, { ...message });
  const strategy = new JetStreamStrategy({ connection, onBeat, onUnreadable, ...waits });
  app.get(StageHops).connect(strategy);
  return strategy;
}
