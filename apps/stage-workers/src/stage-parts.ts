import type { Provider, Type } from '@nestjs/common';
import type { UpgradeStage as StageName } from '@uplift/domain';
import type { StageRuntime } from './stage-workers.settings';
import { pollUpgradeParts } from './stages/poll-upgrade/poll-upgrade.parts';
import { postUpgradeParts } from './stages/post-upgrade/post-upgrade.parts';
import { preUpgradeParts } from './stages/pre-upgrade/pre-upgrade.parts';
import { upgradeParts } from './stages/upgrade/upgrade.parts';

/** What a stage brings into a process: its doors to the bus, and what makes its handlers. */
export interface StageParts {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}

const PARTS: Record<StageName, (runtime: StageRuntime) => StageParts> = {
  'pre-upgrade': preUpgradeParts,
  upgrade: upgradeParts,
  'poll-upgrade': pollUpgradeParts,
  'post-upgrade': postUpgradeParts,
};

export function partsOf(stage: StageName, runtime: StageRuntime): StageParts {
  return PARTS[stage](runtime);
}
