import type { InstanceCommandData, UpgradeStrategy } from '@uplift/domain';
import type { CommandDesk } from '../commands/command-desk';
import { upgradeIdFor } from '../commands/command-identity';
import type { Caller } from '../commands/command-request';
import type { CommandResult } from '../commands/command-result';
import type { TriggerUpgradeOfInstanceDto } from './trigger-upgrade.dto';
import { targetOf } from './upgrade-target.mapping';

type UpgradeData = InstanceCommandData['RequestUpgrade'];
type Wish = Pick<UpgradeData, 'strategy' | 'target' | 'reason' | 'rolloutId' | 'waveId'>;

export interface TriggerUpgradeOptions {
  /** Longest whole attempt, in milliseconds. */
  readonly deadlineAttemptMs: number;
  /** What this installation permits. */
  readonly enabledStrategies: readonly UpgradeStrategy[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class TriggerUpgrade {
  constructor(
    private readonly desk: CommandDesk,
    private readonly options: TriggerUpgradeOptions,
  ) {}

  async execute(dto: TriggerUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId } = dto;
    const wish = wishOf(dto);
    const data: UpgradeData = {
      ...wish,
      upgradeId: upgradeIdFor(instanceId, caller.idempotencyKey),
      requestedBy: caller.actor.id,
      enabledStrategies: this.options.enabledStrategies,
      deadlineAt: this.deadline(),
    };
    return this.desk.submit({
      instanceId,
      command: { type: 'RequestUpgrade', data },
      content: { instanceId, ...contentOf(wish) },
      caller,
    });
  }

  private deadline(): string {
    const { now, deadlineAttemptMs } = this.options;
    return new Date(now() + deadlineAttemptMs).toISOString();
  }
}

function wishOf(dto: TriggerUpgradeOfInstanceDto): Wish {
  const { strategy = null, target, reason = '', rolloutId = null, waveId = null } = dto;
  return { strategy, target: targetOf(target), reason, rolloutId, waveId };
}

/** A key that was used before there were waves still stands for the same content. */
function contentOf({ waveId, ...wish }: Wish): object {
  return waveId === null ? wish : { ...wish, waveId };
}
