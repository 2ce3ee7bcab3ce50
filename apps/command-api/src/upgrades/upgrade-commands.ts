import { Injectable } from '@nestjs/common';
import { invalidInput, refusal } from '@uplift/contracts';
import type {
  Resolution,
  TargetVariable,
  TaskScript,
  UpgradePlan,
  UpgradeStrategy,
  UpgradeTarget,
} from '@uplift/domain';
import { UPGRADE_STRATEGIES } from '@uplift/domain';
import { Clock } from '@uplift/runtime';
import type { CommandResult } from '../commands/command-answer';
import type { Caller, EdgeCommand } from '../commands/command-request';
import { upgradeIdFor } from '../commands/command-request';
import { CommandService } from '../commands/command-service';
import type {
  OfInstanceDto,
  PrioritizeUpgradeOfInstanceDto,
  ReasonOfUpgradeDto,
  ResolveOutcomeDto,
  ResolveOutcomeOfInstanceDto,
  RetryUpgradeOfInstanceDto,
  TargetVariableDto,
  TaskScriptDto,
  TriggerUpgradeDto,
  TriggerUpgradeOfInstanceDto,
  UpgradePlanDto,
  UpgradeTargetDto,
} from './upgrades.dto';

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

  trigger(dto: TriggerUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    refuseWithoutReason(dto);
    const { instanceId, waveId, repair, priority, startBy } = dto;
    const { strategy = null, target, reason = '', rolloutId = null } = dto;
    const asked = { strategy, target: targetOf(target), reason, rolloutId };
    const data = {
      ...{ ...asked, ...this.terms() },
      waveId: waveId ?? null,
      repair: repair ?? false,
      priority: priority ?? null,
      startBy: startBy === undefined ? null : isoTime(Date.parse(startBy)),
      upgradeId: upgradeIdFor(instanceId, caller.idempotencyKey),
      requestedBy: caller.actor.id,
      requestedAt: isoTime(this.clock.wall()),
    };
    // A key that was used before there were the later members still stands for the same content.
    const content = { instanceId, ...asked, waveId, repair, priority, startBy };
    const command = { type: 'RequestUpgrade', data } as const;
    return this.commands.execute({ instanceId, command, content, caller });
  }

  /** Ends an upgrade at once where nothing was begun yet, else asks its worker to stop it. */
  cancel(dto: ReasonOfUpgradeDto, caller: Caller): Promise<CommandResult> {
    return this.ask({ type: 'CancelUpgrade', data: askedBy(dto, caller) }, dto, caller);
  }

  retry(dto: RetryUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { from: fromStage = null, redeploy = false, strategy = null, target } = dto;
    const plan = { fromStage, redeploy, strategy, target: targetOf(target) };
    const data = { ...askedBy(dto, caller), ...plan, ...this.terms() };
    return this.ask({ type: 'RetryUpgrade', data }, dto, caller);
  }

  abandon(dto: ReasonOfUpgradeDto, caller: Caller): Promise<CommandResult> {
    const { attemptMs } = this.terms();
    const data = { ...askedBy(dto, caller), attemptMs };
    return this.ask({ type: 'AbandonUpgrade', data }, dto, caller);
  }

  resolve(dto: ResolveOutcomeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const data = { ...askedBy(dto, caller), resolution: resolutionOf(dto) };
    return this.ask({ type: 'ResolveOutcome', data }, dto, caller);
  }

  redrive(dto: ReasonOfUpgradeDto, caller: Caller): Promise<CommandResult> {
    return this.ask({ type: 'RedriveStage', data: askedBy(dto, caller) }, dto, caller);
  }

  /** A new upgrade, to what was deployed before the named one. */
  rollBack(dto: ReasonOfUpgradeDto, caller: Caller): Promise<CommandResult> {
    const { upgradeId: rollsBack, ...asked } = askedBy(dto, caller);
    const upgradeId = upgradeIdFor(dto.instanceId, caller.idempotencyKey);
    const data = { ...asked, upgradeId, rollsBack, ...this.terms() };
    return this.ask({ type: 'RollBackUpgrade', data }, dto, caller);
  }

  prioritize(dto: PrioritizeUpgradeOfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { priority = 'urgent' } = dto;
    const data = { ...askedBy(dto, caller), priority };
    return this.ask({ type: 'PrioritizeUpgrade', data }, dto, caller);
  }

  /** What an attempt gets from this installation. */
  private terms() {
    const { deadlineAttemptMs: attemptMs, enabledStrategies } = this.policy;
    return { attemptMs, enabledStrategies };
  }

  private ask(command: EdgeCommand, dto: OfInstanceDto, caller: Caller): Promise<CommandResult> {
    const { instanceId } = dto;
    return this.commands.execute({ instanceId, command, content: { ...dto }, caller });
  }
}

function askedBy({ upgradeId, reason }: ReasonOfUpgradeDto, { actor }: Caller) {
  return { upgradeId, reason, requestedBy: actor.id };
}

/** What leaves the usual path has its reason in the history. */
function refuseWithoutReason({ repair, priority, reason = '' }: TriggerUpgradeDto): void {
  if ((repair !== true && priority === undefined) || reason.trim() !== '') return;
  throw refusal('invalid-input', 'An upgrade with repair or priority needs a reason', {
    errors: [{ pointer: '/reason', detail: 'is required with repair and with priority' }],
  });
}

function resolutionOf({ adopt: buildName, notLanded }: ResolveOutcomeDto): Resolution {
  if (buildName !== undefined && notLanded === undefined) return { kind: 'adopt', buildName };
  if (buildName === undefined && notLanded !== undefined) return { kind: 'not-landed' };
  throw invalidInput([{ pointer: '', detail: 'must have exactly one of: adopt, notLanded' }]);
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
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
