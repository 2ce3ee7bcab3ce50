import type { CommandResult } from './command-result';

export interface CommandLinks {
  readonly instance: string;
  readonly timeline: string;
  readonly events: string;
  readonly upgrade?: string;
}

/** The answer to an accepted command; a repeat of its key gives the same, for ever. */
export interface CommandAnswer {
  readonly instanceId: string;
  readonly upgradeId?: string;
  /** Revision of the instance's stream that the command led to. */
  readonly revision: number;
  /** Position in the store, decimal digits: read your own write with `min-position`. */
  readonly position: string;
  /** Status that the command led to. */
  readonly status: string;
  readonly links: CommandLinks;
}

export function answerOf(result: CommandResult): CommandAnswer {
  const { instanceId, upgradeId, revision, position, status } = result;
  return {
    instanceId,
    ...(upgradeId === null ? {} : { upgradeId }),
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
