import { LagoonCores } from '@uplift/lagoon';
import { busHandler } from '../../bus-handler';
import { ScriptRunner } from '../../effects/script-runner';
import type { StagePart } from '../../stage-part';
import type { StageRuntime } from '../../stage-workers.settings';
import { PreUpgradeStage } from './pre-upgrade.stage';

export function preUpgradeParts({ configuration: { workerId } }: StageRuntime): StagePart {
  return {
    controllers: [busHandler('pre-upgrade', PreUpgradeStage)],
    providers: [
      {
        provide: PreUpgradeStage,
        inject: [LagoonCores, ScriptRunner],
        useFactory: (cores: LagoonCores, scripts: ScriptRunner) =>
          new PreUpgradeStage(cores, scripts, workerId),
      },
    ],
  };
}
