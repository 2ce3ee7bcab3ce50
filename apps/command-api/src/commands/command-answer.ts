import { ApiProperty } from '@nestjs/swagger';
import type { InstanceStatus } from '@uplift/domain';
import { INSTANCE_STATUSES } from '@uplift/domain';

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

export class CommandLinksDto {
  @ApiProperty()
  readonly instance!: string;

  @ApiProperty()
  readonly timeline!: string;

  @ApiProperty()
  readonly events!: string;

  @ApiProperty({ required: false })
  readonly upgrade?: string;
}

/** The answer to an accepted command; a repeat of its key gives the same, for ever. */
export class CommandAnswerDto {
  @ApiProperty({ format: 'uuid' })
  readonly instanceId!: string;

  @ApiProperty({ format: 'uuid', required: false, description: 'Only of an upgrade' })
  readonly upgradeId?: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Revision the command led to' })
  readonly revision!: number;

  @ApiProperty({ pattern: '^\\d+$', description: 'Position in the store, for min-position' })
  readonly position!: string;

  @ApiProperty({ enum: [...INSTANCE_STATUSES], description: 'Status the command led to' })
  readonly status!: string;

  @ApiProperty({ type: CommandLinksDto })
  readonly links!: CommandLinksDto;
}

export function answerOf(result: CommandResult): CommandAnswerDto {
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

function linksOf({ instanceId, upgradeId }: CommandResult): CommandLinksDto {
  const instance = `/v1/instances/${instanceId}`;
  return {
    instance,
    timeline: `${instance}/timeline`,
    events: `${instance}/events`,
    ...(upgradeId === null ? {} : { upgrade: `/v1/upgrades/${upgradeId}` }),
  };
}
