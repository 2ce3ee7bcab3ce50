import type { CommandAnswer, CommandLinks } from '@uplift/contracts';
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
  /** A registration found its environment's instance there. */
  readonly existed?: true;
}

/** A repeat of the command's key gives the same answer, for ever. */
export function answerOf(result: CommandResult): CommandAnswer {
  const { instanceId, upgradeId, revision, position, status, existed } = result;
  return {
    instanceId,
    ...(upgradeId === null ? {} : { upgradeId }),
    ...(existed === undefined ? {} : { existed }),
    revision,
    position: position.toString(),
    status,
    links: linksOf(result),
  };
}

function linksOf({ instanceId, upgradeId }: CommandResult): CommandLinks {
  const instance = `/v1/instances/${instanceId}`;
  return {
    instance,
    timeline: `${instance}/timeline`,
    events: `${instance}/events`,
    ...(upgradeId === null ? {} : { upgrade: `/v1/upgrades/${upgradeId}` }),
  };
}
