import type {
  CommandScript,
  HealthProbeTarget,
  HealthyStatus,
  InstanceProfile,
  InstanceStatus,
  LocatedEnvironment,
  Priority,
  PromoteTarget,
  RefTarget,
  RegisteredScript,
  RunningStatus,
  ScriptTarget,
  TargetVariable,
  TaskScript,
  UpgradePlan,
  UnsettledEffect,
  UpgradeTarget,
  VariablesTarget,
  WorkOrder,
} from '@uplift/domain';
import {
  HEALTH_PROBE_KINDS,
  HEALTHY_STATUSES,
  INSTANCE_STATUSES,
  PRIORITIES,
  RUNNING_STATUSES,
  UPGRADE_STAGES,
  UPGRADE_STRATEGIES,
  VARIABLE_SCOPES,
} from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  either,
  list,
  name,
  named,
  nullable,
  object,
  objectWith,
  oneOf,
  plain,
  text,
  timestamp,
  wholeNumber,
} from '../schema';

export const instanceStatus: Schema<InstanceStatus> = named(
  'InstanceStatus',
  oneOf(INSTANCE_STATUSES),
);
export const runningStatus: Schema<RunningStatus> = named('RunningStatus', oneOf(RUNNING_STATUSES));
export const healthyStatus: Schema<HealthyStatus> = named('HealthyStatus', oneOf(HEALTHY_STATUSES));

const taskScript: Schema<TaskScript> = named(
  'TaskScript',
  either(
    object<CommandScript>({ service: name, command: name }),
    object<RegisteredScript>({ registeredTask: name }),
  ),
);

const variable = object<TargetVariable>({ name, value: text, scope: oneOf(VARIABLE_SCOPES) });

export const upgradeTarget: Schema<UpgradeTarget> = named(
  'UpgradeTarget',
  either(
    object<RefTarget>({ ref: name }),
    object<PromoteTarget>({ sourceEnvironment: name }),
    object<VariablesTarget>({ variables: list(variable) }),
    object<ScriptTarget>({ script: taskScript }),
  ),
);

const strategy = oneOf(UPGRADE_STRATEGIES);

const upgradePlan: Schema<UpgradePlan> = named(
  'UpgradePlan',
  object<UpgradePlan>({ strategy, target: nullable(upgradeTarget) }),
);

const healthProbe: Schema<HealthProbeTarget> = named(
  'HealthProbeTarget',
  objectWith<HealthProbeTarget>(
    { path: text, acceptStatuses: list(wholeNumber) },
    { kind: oneOf(HEALTH_PROBE_KINDS), script: taskScript },
  ),
);

export const profile: Schema<InstanceProfile> = named(
  'InstanceProfile',
  objectWith<InstanceProfile>(
    {
      project: name,
      projectId: nullable(wholeNumber),
      environment: name,
      core: name,
      app: name,
      scripts: object({ preUpgrade: nullable(taskScript), postUpgrade: nullable(taskScript) }),
      healthProbe,
    },
    { upgrade: upgradePlan },
  ),
);

const located: Schema<LocatedEnvironment> = named(
  'LocatedEnvironment',
  objectWith<LocatedEnvironment>(
    { projectId: wholeNumber, environmentId: wholeNumber, route: nullable(text) },
    { deployType: name, deployBaseRef: name },
  ),
);

export const priority: Schema<Priority> = oneOf(PRIORITIES);
export const yes: Schema<true> = plain({ const: true });

export const stage = oneOf(UPGRADE_STAGES);

export const unsettledEffect: Schema<UnsettledEffect> = object<UnsettledEffect>({
  effect: oneOf(['deployment', 'script']),
  step: nullable(oneOf(['pre-upgrade', 'upgrade', 'post-upgrade'])),
  marker: name,
  buildName: nullable(name),
});

export const workOrder: Schema<WorkOrder> = named(
  'WorkOrder',
  objectWith<WorkOrder>(
    {
      upgradeId: name,
      attempt: count,
      profile,
      located: nullable(located),
      strategy,
      target: nullable(upgradeTarget),
      originStatus: healthyStatus,
    },
    {
      attemptMs: wholeNumber,
      deadlineAt: timestamp,
      startBy: timestamp,
      priority,
      waveId: name,
      cancelRequested: yes,
      parked: yes,
      deployed: object({ buildName: nullable(name) }),
      replacedRef: name,
      presentRef: nullable(name),
      leftAt: stage,
      repairs: oneOf(['running-unhealthy', 'running-unresponsive']),
      rollsBack: name,
      unsettled: unsettledEffect,
      nextProfile: profile,
      deregistration: object({ requestedBy: name, reason: text }),
    },
  ),
);
