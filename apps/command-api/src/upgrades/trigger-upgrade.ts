import type { InstanceCommandData } from '@uplift/domain';
import { isUpgradeStrategy } from '@uplift/domain';
import type { CommandDesk } from '../commands/command-desk';
import { upgradeIdFor } from '../commands/command-identity';
import type { Caller } from '../commands/command-request';
import type { CommandResult } from '../commands/command-result';
import { refusal } from '../problems/problem';
import type { TriggerUpgradeOfInstanceDto } from './trigger-upgrade.dto';

type UpgradeData = InstanceCommandData['RequestUpgrade'];

export interface TriggerUpgradeOptions {
  /** Longest whole attempt, in milliseconds. */
  readonly deadlineAttemptMs: number;
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
      deadlineAt: this.deadline(),
    };
    return this.desk.submit({
      instanceId,
      command: { type: 'RequestUpgrade', data },
      content: { instanceId, ...wish },
      caller,
    });
  }

  private deadline(): string {
    const { now, deadlineAttemptMs } = this.options;
    return new Date(now() + deadlineAttemptMs).toISOString();
  }
}

function wishOf(
  dto: TriggerUpgradeOfInstanceDto,
): Pick<UpgradeData, 'strategy' | 'target' | 'reason' | 'rolloutId'> {
  const { strategy = 'redeploy-latest', target, reason = '', rolloutId = null } = dto;
  if (!isUpgradeStrategy(strategy)) {
    throw refusal('invalid-input', `${strategy} is not a strategy`);
  }
  return { strategy, target: target ? { ref: target.ref } : null, reason, rolloutId };
}
