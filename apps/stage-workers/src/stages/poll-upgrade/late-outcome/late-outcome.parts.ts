import type { Provider } from '@nestjs/common';
import { LagoonCores } from '@uplift/lagoon';
import type { StageRuntime } from '../../../stage-workers.settings';
import { LateOutcomeLookups } from './late-outcome-lookups';
import { LateOutcomeStage } from './late-outcome.stage';

/** A look-up waits this part of the pause between two looks for others to share its request. */
const GATHERING = 1 / 10;

export function lateOutcomeProviders(configuration: StageRuntime['configuration']): Provider[] {
  const { lateIntervalMs, lateWatchMs, deadlineRunningMs, deadlineAttemptMs } = configuration;
  const options = {
    intervalMs: lateIntervalMs,
    windowMs: lateWatchMs,
    patienceMs: deadlineRunningMs,
    attemptMs: deadlineAttemptMs,
  };
  return [
    {
      provide: LateOutcomeLookups,
      inject: [LagoonCores],
      useFactory: (cores: LagoonCores) => new LateOutcomeLookups(cores, lateIntervalMs * GATHERING),
    },
    {
      provide: LateOutcomeStage,
      inject: [LateOutcomeLookups],
      useFactory: (lookups: LateOutcomeLookups) => new LateOutcomeStage(lookups, options),
    },
  ];
}
