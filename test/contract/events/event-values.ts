import type {
  Attempt,
  Evidence,
  Failure,
  InstanceEventData,
  InstanceEventType,
  InstanceProfile,
  TaskReference,
  WorkOrder,
} from '@uplift/domain';
import {
  HEALTHY_STATUSES,
  INSTANCE_STATUSES,
  RUNNING_STATUSES,
  UPGRADE_STAGES,
  UPGRADE_STRATEGIES,
} from '@uplift/domain';
import fc from 'fast-check';

const text = fc.string();
const name = fc.string({ minLength: 1 });
const count = fc.integer({ min: 1 });
const milliseconds = fc.nat();
const timestamp = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-01-01') })
  .map((date) => date.toISOString());
const nullable = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: null });

const instanceStatus = fc.constantFrom(...INSTANCE_STATUSES);
const runningStatus = fc.constantFrom(...RUNNING_STATUSES);
const healthyStatus = fc.constantFrom(...HEALTHY_STATUSES);
const stage = fc.constantFrom(...UPGRADE_STAGES);

const attempt = { upgradeId: name, attempt: count };
const byWorker = { ...attempt, worker: name };
const askedBy = { requestedBy: name, reason: text };

const evidence: fc.Arbitrary<Evidence> = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  { noNullPrototype: true },
);
const failure: fc.Arbitrary<Failure> = fc.record({
  ...attempt,
  reason: name,
  evidence,
  retryable: fc.boolean(),
});
const script = nullable(fc.record({ service: name, command: name }));
const profile: fc.Arbitrary<InstanceProfile> = fc.record({
  project: name,
  projectId: nullable(fc.integer()),
  environment: name,
  core: name,
  app: name,
  scripts: fc.record({ preUpgrade: script, postUpgrade: script }),
  healthProbe: fc.record({ path: text, acceptStatuses: fc.array(fc.integer()) }),
});
const workOrder: fc.Arbitrary<WorkOrder> = fc.record({
  ...attempt,
  profile,
  located: nullable(
    fc.record({ projectId: fc.integer(), environmentId: fc.integer(), route: nullable(text) }),
  ),
  strategy: fc.constantFrom(...UPGRADE_STRATEGIES),
  target: nullable(fc.record({ ref: name })),
  originStatus: healthyStatus,
  deadlineAt: timestamp,
});
const opensStage = fc.record({ workOrder });
const started: fc.Arbitrary<Attempt & { worker: string }> = fc.record(byWorker);
const task: fc.Arbitrary<TaskReference | null> = nullable(
  fc.record({ taskId: fc.integer(), taskName: text }),
);
const outcome = fc.constantFrom('healthy' as const, 'unhealthy' as const, 'unresponsive' as const);

/** Any data that the domain's types allow, by event type. */
export const EVENT_VALUES: {
  readonly [Type in InstanceEventType]: fc.Arbitrary<InstanceEventData[Type]>;
} = {
  InstanceRegistered: fc.record({
    profile,
    labels: fc.dictionary(name, text, { noNullPrototype: true }),
    status: instanceStatus,
  }),
  HealthReported: fc.record({ status: runningStatus }),
  HealthEvidenceRecorded: fc.record({ ...attempt, status: runningStatus }),
  UpgradeRequested: fc.record({ workOrder, ...askedBy, rolloutId: nullable(name) }),
  PreUpgradeStarted: started,
  PreUpgradeCompleted: fc.record({
    ...attempt,
    checks: fc.array(fc.record({ name, passed: fc.boolean(), detail: text })),
    task,
  }),
  PreUpgradeFailed: failure,
  UpgradePending: opensStage,
  UpgradeStarted: started,
  DeploymentRequested: fc.record({
    ...byWorker,
    callNo: count,
    marker: name,
    bulkId: nullable(name),
  }),
  CallNotLanded: fc.record({ ...attempt, callNo: count, evidence }),
  DeploymentAccepted: fc.record({ workOrder, buildName: name, callNo: count }),
  DeploymentProgressed: fc.record({ ...attempt, status: name, buildStep: nullable(text) }),
  DeploymentSuperseded: fc.record({ ...attempt, by: name }),
  DuplicateBuildDetected: fc.record({ ...attempt, builds: fc.array(name) }),
  OutcomeUnknown: fc.record({ ...attempt, evidence }),
  LateOutcomeObserved: fc.record({ ...attempt, status: name, buildName: name }),
  UpgradeCompleted: fc.record({
    ...attempt,
    buildName: name,
    warnings: fc.boolean(),
    queuedMs: nullable(milliseconds),
    buildMs: nullable(milliseconds),
  }),
  UpgradeFailed: failure,
  PostUpgradePending: opensStage,
  PostUpgradeStarted: started,
  PostUpgradeCompleted: fc.record({ workOrder, task }),
  PostUpgradeFailed: failure,
  InstanceVerifiedHealthy: fc.record({
    ...attempt,
    status: healthyStatus,
    probes: fc.array(
      fc.record({ url: text, outcome, status: nullable(fc.integer()), durationMs: milliseconds }),
    ),
  }),
  InstanceFoundUnhealthy: failure,
  InstanceFoundUnresponsive: failure,
  StageTimedOut: fc.record({
    ...attempt,
    stage,
    status: instanceStatus,
    since: timestamp,
    limitMs: milliseconds,
  }),
  StageParked: fc.record({ ...attempt, stage, eventId: name, reason: name }),
  StageRedriven: fc.record({ workOrder, stage, n: count }),
  UpgradeCancelRequested: fc.record({ ...attempt, ...askedBy }),
  UpgradeCancelled: fc.record({ ...attempt, status: healthyStatus }),
  UpgradeRetried: fc.record({ workOrder, ...askedBy, fromStage: stage }),
  UpgradeAbandoned: fc.record({ workOrder, ...askedBy }),
};
