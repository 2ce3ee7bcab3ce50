import type { InstanceStatus, RunningStatus } from '../status';
import type { Attempt, Check, Evidence, ProbeResult, TaskReference } from './instance.events';
import type { UpgradeStage } from './upgrade-stage';
import type { InstanceProfile } from './instance.profile';
import type { UpgradeStrategy } from './upgrade-strategy';
import type { UpgradeTarget } from './upgrade-target';
import type { LocatedEnvironment, ScriptStep } from './work-order';

interface ByWorker extends Attempt {
  readonly worker: string;
}

interface Failing extends Attempt {
  readonly reason: string;
  readonly evidence: Evidence;
  readonly retryable: boolean;
}

/** Speaks of one call of one effect, and of no other. */
interface OfCall extends Attempt {
  readonly marker: string;
  readonly callNo: number;
}

interface OfBuild extends Attempt {
  readonly buildName: string;
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
    /** Null: the instance's own plan, and without one `redeploy-latest`. */
    readonly strategy: UpgradeStrategy | null;
    readonly target: UpgradeTarget | null;
    /** What this installation permits. */
    readonly enabledStrategies: readonly UpgradeStrategy[];
    readonly requestedBy: string;
    readonly reason: string;
    readonly rolloutId: string | null;
    readonly waveId: string | null;
    readonly deadlineAt: string;
  };
  CancelUpgrade: {
    readonly upgradeId: string;
    readonly requestedBy: string;
    readonly reason: string;
  };
  StartPreUpgrade: ByWorker;
  CompletePreUpgrade: Attempt & {
    readonly located: LocatedEnvironment;
    readonly checks: readonly Check[];
    readonly task: TaskReference | null;
  };
  FailPreUpgrade: Failing;
  RequestVariables: ByWorker;
  RecordVariables: Attempt & {
    readonly written: readonly string[];
    readonly unchanged: readonly string[];
  };
  /** Opens the stage and states the intent: a deployment, or the script of that strategy. */
  StartUpgrade: ByWorker & { readonly bulkId: string | null };
  RequestScript: ByWorker & { readonly step: ScriptStep };
  AcceptScript: Attempt & { readonly step: ScriptStep; readonly task: TaskReference };
  /** Nobody can tell what became of the call. */
  NoteAmbiguousCall: OfCall & { readonly evidence: Evidence };
  /** The call is proved not to have landed: call again, or give up after the second. */
  RepeatCall: OfCall & { readonly evidence: Evidence; readonly worker: string };
  /** Lagoon surely refused the call; `tries` is how often such a refusal is met before it counts. */
  RefuseCall: OfCall & Failing & { readonly tries: number };
  /** The call was refused in words that may pass, and time has passed. */
  RetryCall: OfCall & { readonly worker: string };
  AcceptDeployment: OfBuild;
  ProgressDeployment: Attempt & { readonly status: string; readonly buildStep: string | null };
  /** Newest first. */
  RecordDuplicateBuilds: Attempt & { readonly builds: readonly string[] };
  SupersedeDeployment: Attempt & { readonly by: string };
  ReportInvisibleBuild: OfBuild & { readonly since: string };
  ReportUnstartedBuild: OfBuild & { readonly status: string; readonly since: string };
  CompleteUpgrade: OfBuild & {
    readonly warnings: boolean;
    readonly queuedMs: number | null;
    readonly buildMs: number | null;
  };
  FailUpgrade: Failing;
  /** `buildName` null: it is not known whether there is a build at all. */
  DeclareOutcomeUnknown: Attempt & {
    readonly buildName: string | null;
    readonly evidence: Evidence;
  };
  /** The build ended as cancelled; null: nothing was ever deployed. */
  ConfirmCancel: Attempt & { readonly buildName: string | null };
  /** What became of a deployment after the upgrade was given up. */
  RecordLateOutcome: OfBuild & {
    readonly status: string;
    /** End of what is left to do after a late success, RFC 3339. */
    readonly deadlineAt: string;
  };
  StartPostUpgrade: ByWorker;
  CompletePostUpgrade: Attempt & { readonly task: TaskReference | null };
  FailPostUpgrade: Failing;
  VerifyHealthy: Attempt & {
    readonly probes: readonly ProbeResult[];
    readonly evidence?: Evidence;
  };
  FindUnhealthy: Failing;
  FindUnresponsive: Failing;
  RecordWait: Attempt & {
    readonly target: string;
    readonly since: string;
    readonly stage: UpgradeStage;
  };
  EndWait: Attempt & { readonly target: string; readonly waitedMs: number };
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
  'RegisterInstance' | 'ReportHealth' | 'RequestUpgrade' | 'CancelUpgrade'
>;
export type WorkerCommand = InstanceCommandOf<WorkerCommandType>;
