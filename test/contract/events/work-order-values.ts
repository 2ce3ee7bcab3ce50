import type {
  InstanceProfile,
  LocatedEnvironment,
  TargetVariable,
  TaskScript,
  UnsettledEffect,
  UpgradePlan,
  UpgradeTarget,
  WorkOrder,
} from '@uplift/domain';
import {
  HEALTH_PROBE_KINDS,
  UPGRADE_STAGES,
  UPGRADE_STRATEGIES,
  VARIABLE_SCOPES,
} from '@uplift/domain';
import fc from 'fast-check';
import { count, healthyStatus, name, nullable, text, timestamp } from './plain-values';

const script: fc.Arbitrary<TaskScript> = fc.oneof(
  fc.record({ service: name, command: name }),
  fc.record({ registeredTask: name }),
);
const variable: fc.Arbitrary<TargetVariable> = fc.record({
  name,
  value: text,
  scope: fc.constantFrom(...VARIABLE_SCOPES),
});
const target: fc.Arbitrary<UpgradeTarget> = fc.oneof(
  fc.record({ ref: name }),
  fc.record({ sourceEnvironment: name }),
  fc.record({ variables: fc.array(variable) }),
  fc.record({ script }),
);
const strategy = fc.constantFrom(...UPGRADE_STRATEGIES);
const upgrade: fc.Arbitrary<UpgradePlan> = fc.record({ strategy, target: nullable(target) });

/** Members that an earlier build did not write may be missing. */
export const profile: fc.Arbitrary<InstanceProfile> = fc.record(
  {
    project: name,
    projectId: nullable(fc.integer()),
    environment: name,
    core: name,
    app: name,
    scripts: fc.record({ preUpgrade: nullable(script), postUpgrade: nullable(script) }),
    healthProbe: fc.record(
      {
        path: text,
        acceptStatuses: fc.array(fc.integer()),
        kind: fc.constantFrom(...HEALTH_PROBE_KINDS),
        script,
      },
      { requiredKeys: ['path', 'acceptStatuses'] },
    ),
    upgrade,
  },
  {
    requiredKeys: ['project', 'projectId', 'environment', 'core', 'app', 'scripts', 'healthProbe'],
  },
);

const located: fc.Arbitrary<LocatedEnvironment> = fc.record(
  {
    projectId: fc.integer(),
    environmentId: fc.integer(),
    route: nullable(text),
    deployType: name,
    deployBaseRef: name,
  },
  { requiredKeys: ['projectId', 'environmentId', 'route'] },
);

export const unsettled: fc.Arbitrary<UnsettledEffect> = fc.record({
  effect: fc.constantFrom('deployment' as const, 'script' as const),
  step: nullable(
    fc.constantFrom('pre-upgrade' as const, 'upgrade' as const, 'post-upgrade' as const),
  ),
  marker: name,
  buildName: nullable(name),
});

export const workOrder: fc.Arbitrary<WorkOrder> = fc.record(
  {
    upgradeId: name,
    attempt: count,
    profile,
    located: nullable(located),
    strategy,
    target: nullable(target),
    originStatus: healthyStatus,
    attemptMs: count,
    deadlineAt: timestamp,
    startBy: timestamp,
    priority: fc.constant('urgent' as const),
    waveId: name,
    cancelRequested: fc.constant(true as const),
    parked: fc.constant(true as const),
    deployed: fc.record({ buildName: nullable(name) }),
    replacedRef: name,
    presentRef: nullable(name),
    leftAt: fc.constantFrom(...UPGRADE_STAGES),
    repairs: fc.constantFrom('running-unhealthy' as const, 'running-unresponsive' as const),
    rollsBack: name,
    unsettled,
    nextProfile: profile,
    deregistration: fc.record({ requestedBy: name, reason: text }),
  },
  {
    requiredKeys: [
      'upgradeId',
      'attempt',
      'profile',
      'located',
      'strategy',
      'target',
      'originStatus',
    ],
  },
);
