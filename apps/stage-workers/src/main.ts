import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import type { UnreadableMessage } from '@uplift/bus';
import { BusConnection, JetStreamStrategy } from '@uplift/bus';
import { runService } from '@uplift/runtime';
import { SetAsideMessages } from './runner/set-aside-messages';
import { selectedStages } from './stage-selection';
import { SERVICE_NAME, StageWorkersModule } from './stage-workers.module';
import type { StageRuntime } from './stage-workers.settings';
import { STAGE_SETTINGS } from './stage-workers.settings';

const busStrategy = (app: INestApplicationContext, { health, configuration }: StageRuntime) => {
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
  return [new JetStreamStrategy({ connection, onBeat, onUnreadable, ...waits })];
};

void runService({
  name: SERVICE_NAME,
  settings: STAGE_SETTINGS,
  module: (runtime) =>
    StageWorkersModule.for(
      runtime,
      selectedStages(process.argv.slice(2), runtime.configuration.stages),
    ),
  strategies: busStrategy,
});
