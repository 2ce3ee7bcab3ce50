import type { HealthyStatus, InstanceStatus, RunningStatus } from '../status';
import type { InstanceProfile } from './instance.profile';
import type { UpgradeStage } from './upgrade-stage';
import type { WorkOrder } from './work-order';

/** Facts that explain an outcome: small, redacted, never a log. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

export interface TaskReference {
  readonly taskId: number;
  readonly taskName: string;
}

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface ProbeResult {
  readonly url: string;
  readonly outcome: 'healthy' | 'unhealthy' | 'unresponsive';
  readonly status: number | null;
  readonly durationMs: number;
}

/** Which try of which upgrade an event or command speaks of. */
export interface Attempt {
  readonly upgradeId: string;
  readonly attempt: number;
}

export interface Failure extends Attempt {
  readonly reason: string;
  readonly evidence: Evidence;
  /** True if a new attempt may succeed without a change elsewhere. */
  readonly retryable: boolean;
}

interface Started extends Attempt {
  readonly worker: string;
}

interface OpensStage {
  readonly workOrder: WorkOrder;
}

/** Data of every event of an instance, by event type. */
export interface InstanceEventData {
  InstanceRegistered: {
    readonly profile: InstanceProfile;
    readonly labels: Readonly<Record<string, string>>;
    readonly status: InstanceStatus;
  };
  HealthReported: { readonly status: RunningStatus };
  /** A health callback during an upgrade: evidence, not a transition. */
  HealthEvidenceRecorded: Attempt & { readonly status: RunningStatus };
  UpgradeRequested: OpensStage & {
    readonly requestedBy: string;
    readonly reason: string;
    readonly rolloutId: string | null;
  };
  PreUpgradeStarted: Started;
  PreUpgradeCompleted: Attempt & {
    readonly checks: readonly Check[];
    readonly task: TaskReference | null;
  };
  PreUpgradeFailed: Failure;
  UpgradePending: OpensStage;
  UpgradeStarted: Started;
  /** The intent: written before Lagoon is called. */
  DeploymentRequested: Attempt & {
    readonly callNo: number;
    readonly marker: string;
    readonly bulkId: string | null;
    readonly worker: string;
  };
  /** Proof that a call did not take place in Lagoon. */
  CallNotLanded: Attempt & { readonly callNo: number; readonly evidence: Evidence };
  DeploymentAccepted: OpensStage & { readonly buildName: string; readonly callNo: number };
  DeploymentProgressed: Attempt & { readonly status: string; readonly buildStep: string | null };
  DeploymentSuperseded: Attempt & { readonly by: string };
  DuplicateBuildDetected: Attempt & { readonly builds: readonly string[] };
  OutcomeUnknown: Attempt & { readonly evidence: Evidence };
  LateOutcomeObserved: Attempt & { readonly status: string; readonly buildName: string };
  UpgradeCompleted: Attempt & {
    readonly buildName: string;
    readonly warnings: boolean;
    /** Lagoon's own times, whole milliseconds; null where Lagoon gave none. */
    readonly queuedMs: number | null;
    readonly buildMs: number | null;
  };
  UpgradeFailed: Failure;
  PostUpgradePending: OpensStage;
  PostUpgradeStarted: Started;
  PostUpgradeCompleted: OpensStage & { readonly task: TaskReference | null };
  PostUpgradeFailed: Failure;
  InstanceVerifiedHealthy: Attempt & {
    readonly status: HealthyStatus;
    readonly probes: readonly ProbeResult[];
  };
  InstanceFoundUnhealthy: Failure;
  InstanceFoundUnresponsive: Failure;
  StageTimedOut: Attempt & {
    readonly stage: UpgradeStage;
    readonly status: InstanceStatus;
    readonly since: string;
    readonly limitMs: number;
  };
  StageParked: Attempt & {
    readonly stage: UpgradeStage;
    readonly eventId: string;
    readonly reason: string;
  };
  StageRedriven: OpensStage & { readonly stage: UpgradeStage; readonly n: number };
  UpgradeCancelRequested: Attempt & { readonly requestedBy: string; readonly reason: string };
  UpgradeCancelled: Attempt & { readonly status: HealthyStatus };
  UpgradeRetried: OpensStage & {
    readonly requestedBy: string;
    readonly reason: string;
    readonly fromStage: UpgradeStage;
  };
  UpgradeAbandoned: OpensStage & { readonly requestedBy: string; readonly reason: string };
}

export type InstanceEventType = keyof InstanceEventData;

export type InstanceEventOf<Type extends InstanceEventType> = {
  readonly [T in Type]: { readonly type: T; readonly data: InstanceEventData[T] };
}[Type];

export type InstanceEvent = InstanceEventOf<InstanceEventType>;
