import type { UpgradeStage as StageName } from '@uplift/domain';
import type { StagePart } from './stage-part';
import type { StageRuntime } from './stage-workers.settings';
import { pollUpgradeParts } from './stages/poll-upgrade/poll-upgrade.parts';
import { postUpgradeParts } from './stages/post-upgrade/post-upgrade.parts';
import { preUpgradeParts } from './stages/pre-upgrade/pre-upgrade.parts';
import { upgradeParts } from './stages/upgrade/upgrade.parts';

const PARTS: Record<StageName, (runtime: StageRuntime) => StagePart> = {
  'pre-upgrade': preUpgradeParts,
  upgrade: upgradeParts,
  'poll-upgrade': pollUpgradeParts,
  'post-upgrade': postUpgradeParts,
};

export function partsOf(stage: StageName, runtime: StageRuntime): StagePart {
  return PARTS[stage](runtime);
}
