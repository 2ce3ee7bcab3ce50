import type {
  AuditEventData,
  EnvironmentEventData,
  Evidence,
  Failure,
  InstanceEventData,
  InstanceEventType,
  RefusalEventData,
  Resolution,
  Started,
  SystemEventData,
  TaskReference,
  Timed,
} from '@uplift/domain';
import {
  FINDING_KINDS,
  SCOPES,
  INSTANCE_STATUSES,
  RUNNING_STATUSES,
  SCRIPT_STEPS,
  TASK_STEPS,
  UPGRADE_STAGES,
} from '@uplift/domain';
import fc from 'fast-check';
import { count, healthyStatus, name, nullable, text, timestamp } from './plain-values';
import { profile, unsettled, workOrder } from './work-order-values';

const milliseconds = fc.nat();
const instanceStatus = fc.constantFrom(...INSTANCE_STATUSES);
const runningStatus = fc.constantFrom(...RUNNING_STATUSES);
const stage = fc.constantFrom(...UPGRADE_STAGES);

const attempt = { upgradeId: name, attempt: count };
const byWorker = { ...attempt, worker: name };
const askedBy = { requestedBy: name, reason: text };

const claim = fc.record({ ...attempt, ...askedBy }, { requiredKeys: ['requestedBy', 'reason'] });

const labels = fc.dictionary(name, text, { noNullPrototype: true });

const evidence: fc.Arbitrary<Evidence> = fc.dictionary(
  fc.string().filter((key) => key !== '__proto__'),
  fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  { noNullPrototype: true },
);
const failureData = { ...attempt, reason: name, evidence, retryable: fc.boolean() };
const failure: fc.Arbitrary<Failure> = fc.record(failureData);
const timedFailure: fc.Arbitrary<Failure & Timed> = fc.record(
  { ...failureData, activeMs: milliseconds },
  { requiredKeys: ['upgradeId', 'attempt', 'reason', 'evidence', 'retryable'] },
);
const opensStage = fc.record({ workOrder });
const started: fc.Arbitrary<Started> = fc.record(
  { ...byWorker, startedAt: timestamp },
  { requiredKeys: ['upgradeId', 'attempt', 'worker'] },
);
const ofCall = { ...attempt, callNo: count };
const ofBuild = { ...attempt, buildName: name };
const resolution: fc.Arbitrary<Resolution> = fc.oneof(
  fc.record({ kind: fc.constant('adopt' as const), buildName: name }),
  fc.record({ kind: fc.constant('not-landed' as const) }),
);
const step = fc.constantFrom(...SCRIPT_STEPS);
const taskStep = fc.constantFrom(...TASK_STEPS);
const knownTask: fc.Arbitrary<TaskReference> = fc.record({ taskId: fc.integer(), taskName: text });
const task = nullable(knownTask);
const outcome = fc.constantFrom('healthy' as const, 'unhealthy' as const, 'unresponsive' as const);
const probes = fc.array(
  fc.record({ url: text, outcome, status: nullable(fc.integer()), durationMs: milliseconds }),
);

/** Any data that the domain's types allow, by event type. */
export const EVENT_VALUES: {
  readonly [Type in InstanceEventType]: fc.Arbitrary<InstanceEventData[Type]>;
} = {
  InstanceRegistered: fc.record(
    {
      profile,
      labels,
      status: instanceStatus,
      environmentId: name,
    },
    { requiredKeys: ['profile', 'labels', 'status'] },
  ),
  InstanceUpdated: fc.record(
    { profile, labels, environmentId: name, ...askedBy },
    { requiredKeys: ['profile', 'requestedBy', 'reason'] },
  ),
  InstanceClaimed: claim,
  InstanceUnclaimed: claim,
  DeregistrationRequested: fc.record({ ...attempt, ...askedBy }),
  DeregistrationDelayed: fc.record({ ...attempt, unsettled }),
  InstanceDeregistered: fc.record(askedBy),
  HealthReported: fc.record({ status: runningStatus }),
  HealthEvidenceRecorded: fc.record({ ...attempt, status: runningStatus }),
  UpgradeRequested: fc.record({ workOrder, ...askedBy, rolloutId: nullable(name) }),
  UpgradePrioritized: fc.record({
    ...attempt,
    priority: fc.constant('urgent' as const),
    ...askedBy,
  }),
  UpgradeExpired: fc.record({ ...attempt, status: runningStatus, startBy: timestamp }),
  PreUpgradeStarted: started,
  PreUpgradeCompleted: fc.record(
    {
      ...attempt,
      checks: fc.array(fc.record({ name, passed: fc.boolean(), detail: text })),
      task,
      activeMs: milliseconds,
    },
    { requiredKeys: ['upgradeId', 'attempt', 'checks', 'task'] },
  ),
  PreUpgradeFailed: timedFailure,
  UpgradePending: opensStage,
  VariablesRequested: fc.record({ ...byWorker, names: fc.array(name) }),
  VariablesSet: fc.record({ ...attempt, written: fc.array(name), unchanged: fc.array(name) }),
  UpgradeStarted: fc.record(byWorker),
  DeploymentRequested: fc.record({
    ...byWorker,
    callNo: count,
    marker: name,
    bulkId: nullable(name),
  }),
  ScriptRequested: fc.record({ ...byWorker, step: taskStep, callNo: count, marker: name }),
  ScriptAccepted: fc.record({ ...ofCall, step: taskStep, task: knownTask }),
  CallAmbiguous: fc.record({ ...ofCall, evidence }),
  CallRefused: fc.record({ ...ofCall, evidence }),
  CallNotLanded: fc.record({ ...ofCall, evidence }),
  DeploymentAccepted: fc.record(
    { workOrder, buildName: name, callNo: count, bulkId: name },
    { requiredKeys: ['workOrder', 'buildName', 'callNo'] },
  ),
  DeploymentProgressed: fc.record({ ...attempt, status: name, buildStep: nullable(text) }),
  DeploymentSuperseded: fc.record({ ...attempt, by: name }),
  DuplicateBuildDetected: fc.record({ ...attempt, builds: fc.array(name) }),
  BuildNotVisible: fc.record({ ...ofBuild, since: timestamp }),
  BuildNotStarted: fc.record({ ...ofBuild, status: name, since: timestamp }),
  DeploymentCancelled: fc.record({ workOrder, buildName: name }),
  ScriptCancelled: fc.record(
    { workOrder, step, task, outcome: name },
    { requiredKeys: ['workOrder', 'step', 'task'] },
  ),
  CancelWithoutEffect: fc.record({ ...attempt, name, evidence }),
  UpgradeCancelTooLate: fc.record(ofBuild),
  OutcomeUnknown: fc.record({ ...attempt, evidence }),
  LateOutcomeObserved: fc.record(
    { ...ofBuild, status: name, step },
    { requiredKeys: ['upgradeId', 'attempt', 'buildName', 'status'] },
  ),
  UpgradeCompleted: fc.record({
    ...ofBuild,
    warnings: fc.boolean(),
    queuedMs: nullable(milliseconds),
    buildMs: nullable(milliseconds),
  }),
  UpgradeFailed: failure,
  PostUpgradePending: opensStage,
  PostUpgradeStarted: started,
  PostUpgradeCompleted: fc.record(
    { workOrder, task, activeMs: milliseconds },
    { requiredKeys: ['workOrder', 'task'] },
  ),
  PostUpgradeFailed: timedFailure,
  InstanceVerifiedHealthy: fc.record(
    { ...attempt, status: healthyStatus, probes, evidence },
    { requiredKeys: ['upgradeId', 'attempt', 'status', 'probes'] },
  ),
  InstanceFoundUnhealthy: failure,
  InstanceFoundUnresponsive: failure,
  StageTimedOut: fc.record(
    {
      ...attempt,
      stage,
      status: instanceStatus,
      since: timestamp,
      limitMs: milliseconds,
      reason: text,
    },
    { requiredKeys: ['upgradeId', 'attempt', 'stage', 'status', 'since', 'limitMs'] },
  ),
  StillWaiting: fc.record({ ...attempt, target: name, since: timestamp, changed: evidence }),
  WaitingFor: fc.record(
    {
      ...attempt,
      target: name,
      since: timestamp,
      stage,
      place: count,
      estimatedAt: timestamp,
      until: timestamp,
      evidence,
    },
    { requiredKeys: ['upgradeId', 'attempt', 'target', 'since', 'stage'] },
  ),
  WaitEnded: fc.record(
    { ...attempt, target: name, waitedMs: milliseconds, endedAt: timestamp },
    { requiredKeys: ['upgradeId', 'attempt', 'target', 'waitedMs'] },
  ),
  StageParked: fc.record(
    { ...attempt, stage, eventId: name, reason: name, eventType: name, detail: text },
    { requiredKeys: ['upgradeId', 'attempt', 'stage', 'eventId', 'reason'] },
  ),
  StageRedriven: fc.record(
    { workOrder, stage, n: count, ...askedBy },
    { requiredKeys: ['workOrder', 'stage', 'n'] },
  ),
  InstanceParked: fc.record({ ...attempt, ...askedBy }),
  InstanceUnparked: fc.record({ workOrder, ...askedBy }),
  OutcomeResolutionRequested: fc.record({ ...attempt, ...askedBy, resolution }),
  OutcomeResolved: fc.record({ ...attempt, resolution, evidence }),
  OutcomeResolutionRefused: fc.record({ ...attempt, resolution, reason: name, evidence }),
  UpgradeCancelRequested: fc.record({ ...attempt, ...askedBy }),
  UpgradeCancelled: fc.record(
    { ...attempt, status: runningStatus, probes, evidence },
    { requiredKeys: ['upgradeId', 'attempt', 'status'] },
  ),
  UpgradeRetried: fc.record(
    { workOrder, ...askedBy, fromStage: stage, redeploy: fc.constant(true as const) },
    { requiredKeys: ['workOrder', 'requestedBy', 'reason', 'fromStage'] },
  ),
  UpgradeAbandoned: fc.record({ workOrder, ...askedBy }),
  CommandNoted: fc.record({ command: name }),
  InstanceSnapshotTaken: fc.record({
    foldVersion: count,
    state: fc.object(),
    registration: fc.record(
      { revision: fc.nat(), environmentId: name },
      { requiredKeys: ['revision'] },
    ),
    notesInARow: fc.nat(),
    commands: fc.record({
      page: fc
        .array(fc.stringMatching(/^[0-9a-f-]{8}[0-9]{8}$/))
        .map((entries) => entries.join('')),
      earlier: fc.array(fc.nat()),
      closed: fc.boolean(),
    }),
  }),
};

const switching = fc.record({ core: nullable(name), ...askedBy });

export const SYSTEM_VALUES: {
  readonly [Type in keyof SystemEventData]: fc.Arbitrary<SystemEventData[Type]>;
} = {
  StartsStopped: switching,
  StartsAllowed: switching,
  CommandNoted: fc.record({ command: name }),
  ClockChecked: fc.record({ clock: timestamp }),
  StoreAccepted: fc.record({
    ...askedBy,
    message: nullable(
      fc.record({ epoch: name, sequence: fc.integer({ min: 1, max: 1_000_000 }), eventId: name }),
    ),
  }),
  FindingRecorded: fc.record({
    findingId: name,
    kind: fc.constantFrom(...FINDING_KINDS),
    subject: name,
    detail: text,
    evidence,
    count,
  }),
  FindingClosed: fc.record({ findingId: name, ...askedBy }),
  ApiTokenCreated: fc.record(
    {
      tokenId: name,
      hash: fc.stringMatching(/^[0-9a-f]{64}$/),
      scopes: fc.subarray([...SCOPES]),
      limited: fc.record({ labels, scopes: fc.subarray([...SCOPES]) }),
      expiresAt: timestamp,
      ...askedBy,
    },
    { requiredKeys: ['tokenId', 'hash', 'scopes', 'expiresAt', 'requestedBy', 'reason'] },
  ),
  ApiTokenRevoked: fc.record({ tokenId: name, ...askedBy }),
  ActorErased: fc.record({ actorId: name, ...askedBy }),
};

const holder = { instanceId: name, registration: fc.nat() };

export const ENVIRONMENT_VALUES: {
  readonly [Type in keyof EnvironmentEventData]: fc.Arbitrary<EnvironmentEventData[Type]>;
} = {
  EnvironmentReserved: fc.record({
    core: name,
    project: name,
    environment: name,
    ...holder,
    requestedBy: name,
  }),
  EnvironmentFreed: fc.record({ ...holder, ...askedBy }),
};

export const REFUSAL_VALUES: {
  readonly [Type in keyof RefusalEventData]: fc.Arbitrary<RefusalEventData[Type]>;
} = {
  CommandRefused: fc.record({
    instanceId: name,
    command: name,
    code: name,
    detail: text,
    currentStatus: instanceStatus,
    requestedBy: name,
    hour: timestamp,
  }),
  CommandDenied: fc.record({
    command: name,
    transport: fc.constantFrom('http' as const, 'nats' as const),
    code: name,
    deniedTo: nullable(name),
    hour: timestamp,
  }),
};

export const AUDIT_VALUES: {
  readonly [Type in keyof AuditEventData]: fc.Arbitrary<AuditEventData[Type]>;
} = {
  AuditRecordsRead: fc.record({ route: name, readBy: name, hour: timestamp }),
};
