import type { UpgradeStage } from '@uplift/domain';
import type { InstanceSession } from './instance-session';

/** What a stage is told about the message it works on. */
export interface StageTurn {
  readonly session: InstanceSession;
  /** Aborted when the process is asked to stop. */
  readonly signal: AbortSignal;
  readonly message: Reopenable;
}

/** A message whose instance can be looked at again later, when nothing but its number was kept. */
export interface Reopenable {
  /** Reads the stream. */
  reopen(): Promise<InstanceSession>;
}

/** Work that goes on for long after its handling: of that nothing is kept but the message, which stays in hand. */
export interface OngoingWork {
  /** Called once. The end is told once: with an error, as if the stage had thrown it. */
  begin(onEnd: (error?: Error) => void): void;
  /** Ends it; nobody is told. */
  drop(): void;
}

/**
 * The work of one stage. Returns when it is done or is not due any more, or what goes on of it; throws to try again
 * later.
 */
export abstract class StageHandler {
  abstract readonly stage: UpgradeStage;
  abstract run(turn: StageTurn): Promise<OngoingWork | void>;
}
