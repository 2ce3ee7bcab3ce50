import type { UpgradeStage } from '@uplift/domain';
import type { InstanceSession } from './instance-session';

/** What a stage is told about the message it works on. */
export interface StageTurn {
  readonly session: InstanceSession;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
}

/** The work of one stage. Returns when it is done or is not due any more; throws to try again later. */
export abstract class StageHandler {
  abstract readonly stage: UpgradeStage;
  abstract run(turn: StageTurn): Promise<void>;
}
