import type { Provider } from '@nestjs/common';
import { LagoonCores } from '@uplift/lagoon';
import type { StageRuntime } from '../../../stage-workers.settings';
import { CancelStage } from './cancel.stage';

export function cancelProvider({ configuration, logger }: StageRuntime): Provider {
  const { reconcileIntervalMs: intervalMs } = configuration;
  return {
    provide: CancelStage,
    inject: [LagoonCores],
    useFactory: (cores: LagoonCores) => new CancelStage(cores, { intervalMs }, logger),
  };
}
