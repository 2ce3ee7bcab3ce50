import type { InstanceStatus, RunningStatus } from '../status';
import type { Attempt, Check, Evidence, ProbeResult, TaskReference } from './instance.events';
import type { UpgradeStage } from './upgrade-stage';
import type { InstanceProfile } from './instance.profile';
import type { UpgradeStrategy, UpgradeTarget } from './upgrade-strategy';
import type { LocatedEnvironment } from './work-order';

interface ByWorker extends Attempt {
  readonly worker: string;
}

interface Failing extends Attempt {
  readonly reason: string;
  readonly evidence: Evidence;
  readonly retryable: boolean;
}

/** What each command carries, by command type. Ids and times arrive here, never from inside the domain. */
export interface InstanceCommandData {
  RegisterInstance: {
    readonly profile: InstanceProfile;
    readonly labels: Readonly<Record<string, string>>;
    readonly status: InstanceStatus;
  };
  ReportHealth: { readonly status: RunningStatus };
  RequestUpgrade: {
    readonly upgradeId: string;
    readonly strategy: UpgradeStrategy;
    readonly target: UpgradeTarget | null;
    readonly requestedBy: string;
    readonly reason: string;
    readonly rolloutId: string | null;
    readonly deadlineAt: string;
  };
  StartPreUpgrade: ByWorker;
  CompletePreUpgrade: Attempt & {
    readonly located: LocatedEnvironment;
    readonly checks: readonly Check[];
    readonly task: TaskReference | null;
  };
  FailPreUpgrade: Failing;
  RequestDeployment: ByWorker & { readonly bulkId: string | null };
  /** The call of this number is proved not to have landed: call again, or give up after the second. */
  RepeatDeployment: ByWorker & {
    readonly callNo: number;
    readonly evidence: Evidence;
    readonly bulkId: string | null;
  };
  AcceptDeployment: Attempt & { readonly buildName: string };
  ProgressDeployment: Attempt & { readonly status: string; readonly buildStep: string | null };
  RecordDuplicateBuilds: Attempt & { readonly builds: readonly string[] };
  CompleteUpgrade: Attempt & {
    readonly buildName: string;
    readonly warnings: boolean;
    readonly queuedMs: number | null;
    readonly buildMs: number | null;
    /** Build that took the place of ours, if one did. */
    readonly supersededBy: string | null;
  };
  /** Lagoon surely refused the call of this number; says nothing about any other call. */
  RefuseDeployment: Failing & { readonly callNo: number };
  FailUpgrade: Failing;
  DeclareOutcomeUnknown: Attempt & { readonly evidence: Evidence };
  StartPostUpgrade: ByWorker;
  CompletePostUpgrade: Attempt & { readonly task: TaskReference | null };
  FailPostUpgrade: Failing;
  VerifyHealthy: Attempt & { readonly probes: readonly ProbeResult[] };
  FindUnhealthy: Failing;
  FindUnresponsive: Failing;
  TimeOutStage: Attempt & {
    readonly seenStatus: InstanceStatus;
    readonly stage: UpgradeStage;
    readonly since: string;
    readonly limitMs: number;
  };
  ParkStage: Attempt & {
    readonly stage: UpgradeStage;
    readonly eventId: string;
    readonly reason: string;
  };
}

export type InstanceCommandType = keyof InstanceCommandData;

export type InstanceCommandOf<Type extends InstanceCommandType> = {
  readonly [T in Type]: { readonly type: T; readonly data: InstanceCommandData[T] };
}[Type];

export type InstanceCommand = InstanceCommandOf<InstanceCommandType>;

/** Commands that report a worker's step of one attempt. */
export type WorkerCommandType = Exclude<
  InstanceCommandType,
  'RegisterInstance' | 'ReportHealth' | 'RequestUpgrade'
>;
export type WorkerCommand = InstanceCommandOf<WorkerCommandType>;
