import { busHandler } from '../../bus-handler';
import { ScriptRunner } from '../../effects/script-runner';
import type { StagePart } from '../../stage-part';
import type { StageRuntime } from '../../stage-workers.settings';
import { PostUpgradeStage } from './post-upgrade.stage';

export function postUpgradeParts({ configuration: { workerId } }: StageRuntime): StagePart {
  return {
    controllers: [busHandler('post-upgrade', PostUpgradeStage)],
    providers: [
      {
        provide: PostUpgradeStage,
        inject: [ScriptRunner],
        useFactory: (scripts: ScriptRunner) => new PostUpgradeStage(scripts, workerId),
      },
    ],
  };
}
