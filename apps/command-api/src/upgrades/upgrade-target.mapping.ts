import type { TargetVariable, TaskScript, UpgradePlan, UpgradeTarget } from '@uplift/domain';
import type { TaskScriptDto } from './task-script.dto';
import type { TargetVariableDto, UpgradePlanDto, UpgradeTargetDto } from './upgrade-target.dto';

/** Plain data: what goes into an event carries no class of this service. */
export function targetOf(dto: UpgradeTargetDto | undefined): UpgradeTarget | null {
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
