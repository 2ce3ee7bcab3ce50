import { Injectable } from '@nestjs/common';
import type {
  InstanceCommandData,
  TargetVariable,
  TaskScript,
  UpgradePlan,
  UpgradeStrategy,
  UpgradeTarget,
} from '@uplift/domain';
import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { Clock } from '@uplift/runtime';
import type { CommandResult } from '../commands/command-answer';
import type { Caller } from '../commands/command-request';
import { upgradeIdFor } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import type {
  CancelUpgradeOfInstanceDto,
  TargetVariableDto,
  TaskScriptDto,
  TriggerUpgradeOfInstanceDto,
  UpgradePlanDto,
  UpgradeTargetDto,
} from './upgrades.dto';

type UpgradeData = InstanceCommandData['RequestUpgrade'];
type Requested = Pick<UpgradeData, 'strategy' | 'target' | 'reason' | 'rolloutId' | 'waveId'>;

/** What this installation permits. */
export class UpgradePolicy {
  /** Longest whole attempt, in milliseconds. */
  readonly deadlineAttemptMs: number;
  readonly enabledStrategies: readonly UpgradeStrategy[];

  /** Promoting changes the deploy type of an environment for good: an installation must ask for it. */
  constructor(settings: { readonly deadlineAttemptMs: number; readonly promoteEnabled: boolean }) {
    this.deadlineAttemptMs = settings.deadlineAttemptMs;
    this.enabledStrategies = UPGRADE_STRATEGIES.filter(
      (name) => name !== 'promote' || settings.promoteEnabled,
    );
  }
}

@Injectable()
export class UpgradeCommands {
  constructor(
    private readonly commands: CommandService,
    private readonly clock: Clock,
    private readonly policy: UpgradePolicy,
  ) {}

  async trigger(dto: TriggerUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId } = dto;
    const { deadlineAttemptMs, enabledStrategies } = this.policy;
    const requested = requestedBy(dto);
    const data: UpgradeData = {
      ...requested,
      repair: false,
      upgradeId: upgradeIdFor(instanceId, caller.idempotencyKey),
      requestedBy: caller.actor.id,
      enabledStrategies,
      attemptMs: deadlineAttemptMs,
      startBy: null,
      priority: null,
      requestedAt: new Date(this.clock.wall()).toISOString(),
    };
    return this.commands.execute({
      instanceId,
      command: { type: 'RequestUpgrade', data },
      content: { instanceId, ...contentOf(requested) },
      caller,
    });
  }

  /** Ends an upgrade at once where nothing was deployed yet, else asks its worker to stop the deployment. */
  async cancel(dto: CancelUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId, upgradeId, reason } = dto;
    return this.commands.execute({
      instanceId,
      command: {
        type: 'CancelUpgrade',
        data: { upgradeId, requestedBy: caller.actor.id, reason },
      },
      content: { instanceId, upgradeId, reason },
      caller,
    });
  }
}

function requestedBy(dto: TriggerUpgradeOfInstanceDto): Requested {
  const { strategy = null, target, reason = '', rolloutId = null, waveId = null } = dto;
  return { strategy, target: targetOf(target), reason, rolloutId, waveId };
}

/** A key that was used before there were waves still stands for the same content. */
function contentOf({ waveId, ...rest }: Requested): object {
  return waveId === null ? rest : { ...rest, waveId };
}

/** Plain data: what goes into an event carries no class of this service. */
function targetOf(dto: UpgradeTargetDto | undefined): UpgradeTarget | null {
  if (dto === undefined) return null;
  const { ref, sourceEnvironment, variables } = dto;
  if (ref !== undefined) return { ref };
  if (sourceEnvironment !== undefined) return { sourceEnvironment };
  if (variables !== undefined) return { variables: variables.map(variableOf) };
  const script = scriptOf(dto.script);
  return script === null ? null : { script };
}

export function planOf({ strategy, target }: UpgradePlanDto): UpgradePlan {
  return { strategy, target: targetOf(target) };
}

export function scriptOf(dto: TaskScriptDto | undefined): TaskScript | null {
  if (dto?.registeredTask !== undefined) return { registeredTask: dto.registeredTask };
  if (dto?.service === undefined || dto.command === undefined) return null;
  return { service: dto.service, command: dto.command };
}

function variableOf({ name, value, scope = 'GLOBAL' }: TargetVariableDto): TargetVariable {
  return { name, value, scope };
}
