import type { InstanceStatus } from '@uplift/domain';

/** `accepted`: appended now. `repeated`: the key was seen before. `unchanged`: it held already. */
export type CommandOutcome = 'accepted' | 'repeated' | 'unchanged';

export interface CommandResult {
  readonly outcome: CommandOutcome;
  readonly instanceId: string;
  /** The upgrade this command speaks of; null for other commands. */
  readonly upgradeId: string | null;
  readonly revision: number;
  readonly position: bigint;
  readonly status: InstanceStatus;
}
