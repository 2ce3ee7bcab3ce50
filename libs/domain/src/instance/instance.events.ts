import type { HealthyStatus, InstanceStatus, RunningStatus, UpgradeStage } from '../status';
import type { InstanceProfile } from './instance.profile';
import type { InstanceSnapshot } from './instance.snapshot';
import type { FailureReason } from './reasons';
import type { Priority, ScriptStep, TaskStep, UnsettledEffect, WorkOrder } from './work-order';

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

/** A failure as this version records it: its reason has a row in the table of reasons. */
export interface KnownFailure extends Failure {
  readonly reason: FailureReason;
}

export interface ByWorker extends Attempt {
  readonly worker: string;
}

/** The start of a stage's work. */
export interface Started extends ByWorker {
  /** When it began by the worker's clock, RFC 3339 in UTC with milliseconds, where it was recorded later than that. */
  readonly startedAt?: string;
}

/** The end of a stage's work. */
export interface Timed {
  /** How long the worker that ended it had worked on it, whole milliseconds, where its start was recorded late. */
  readonly activeMs?: number;
}

export interface OpensStage {
  readonly workOrder: WorkOrder;
}

/** Who asked for something, and why. */
export interface AskedBy {
  readonly requestedBy: string;
  readonly reason: string;
}

/** What an operator says of a call: it led to this build or task, or to nothing. */
export type Resolution =
  { readonly kind: 'adopt'; readonly buildName: string } | { readonly kind: 'not-landed' };

/** Data of every event of an instance, by event type. */
export interface InstanceEventData {
  InstanceRegistered: {
    readonly profile: InstanceProfile;
    readonly labels: Readonly<Record<string, string>>;
    readonly status: InstanceStatus;
    /** Of the environment that was reserved for it; absent: by an earlier build, or in no environment. */
    readonly environmentId?: string;
  };
  /** It is another from here on, for an upgrade in flight from its end on. */
  InstanceUpdated: AskedBy & {
    /** All of it, as it is then. */
    readonly profile: InstanceProfile;
    /** All of them; absent: as they were. */
    readonly labels?: Readonly<Record<string, string>>;
    /** Of the environment that was reserved for it; absent: it is where it was. */
    readonly environmentId?: string;
  };
  /** The instance has an owner; an upgrade in flight comes back to that. */
  InstanceClaimed: Partial<Attempt> & AskedBy;
  InstanceUnclaimed: Partial<Attempt> & AskedBy;
  /** The instance is to be deregistered at the end of its upgrade. */
  DeregistrationRequested: Attempt & AskedBy;
  /** The upgrade has ended, and nobody knows what became of a call: the deregistration waits for that. */
  DeregistrationDelayed: Attempt & { readonly unsettled: UnsettledEffect };
  /** Nobody looks after the instance any more: its environment may become another instance. */
  InstanceDeregistered: AskedBy;
  HealthReported: { readonly status: RunningStatus };
  /** A health callback during an upgrade: evidence, not a transition. */
  HealthEvidenceRecorded: Attempt & { readonly status: RunningStatus };
  UpgradeRequested: OpensStage & {
    readonly requestedBy: string;
    readonly reason: string;
    readonly rolloutId: string | null;
  };
  UpgradePrioritized: Attempt & {
    readonly priority: Priority;
    readonly requestedBy: string;
    readonly reason: string;
  };
  /** It was not begun by the time that its request had named; nothing was done. */
  UpgradeExpired: Attempt & { readonly status: RunningStatus; readonly startBy: string };
  PreUpgradeStarted: Started;
  PreUpgradeCompleted: Attempt &
    Timed & {
      readonly checks: readonly Check[];
      readonly task: TaskReference | null;
    };
  PreUpgradeFailed: Failure & Timed;
  UpgradePending: OpensStage;
  /** The intent to write variables of the environment; values are those of the work order's target. */
  VariablesRequested: ByWorker & { readonly names: readonly string[] };
  VariablesSet: Attempt & {
    readonly written: readonly string[];
    readonly unchanged: readonly string[];
  };
  UpgradeStarted: ByWorker;
  /** The intent: written before Lagoon is called. */
  DeploymentRequested: Attempt & {
    readonly callNo: number;
    readonly marker: string;
    readonly bulkId: string | null;
    readonly worker: string;
  };
  /** The intent to run a script as a Lagoon task, written before the task is added. */
  ScriptRequested: Attempt & {
    readonly step: TaskStep;
    readonly callNo: number;
    readonly marker: string;
    readonly worker: string;
  };
  ScriptAccepted: Attempt & {
    readonly step: TaskStep;
    readonly callNo: number;
    readonly task: TaskReference;
  };
  /** Nobody can tell from Lagoon's answer whether the call took effect; evidence holds its redacted shape. */
  CallAmbiguous: Attempt & { readonly callNo: number; readonly evidence: Evidence };
  /** Lagoon surely refused a call in words that may pass: it is made again. */
  CallRefused: Attempt & { readonly callNo: number; readonly evidence: Evidence };
  /** Proof that a call did not take place in Lagoon. */
  CallNotLanded: Attempt & { readonly callNo: number; readonly evidence: Evidence };
  DeploymentAccepted: OpensStage & {
    readonly buildName: string;
    readonly callNo: number;
    /** Wave the build belongs to in Lagoon, if any. */
    readonly bulkId?: string;
  };
  DeploymentProgressed: Attempt & { readonly status: string; readonly buildStep: string | null };
  DeploymentSuperseded: Attempt & { readonly by: string };
  /** More than one build carries the marker, newest first: the newest is followed from here on. */
  DuplicateBuildDetected: Attempt & { readonly builds: readonly string[] };
  /** Lagoon does not show the build that it named. */
  BuildNotVisible: Attempt & { readonly buildName: string; readonly since: string };
  /** The build was taken and nothing has begun: its message to the cluster may be lost. */
  BuildNotStarted: Attempt & {
    readonly buildName: string;
    readonly status: string;
    readonly since: string;
  };
  /** A cancel that was asked for took effect; the instance is verified before it goes back. */
  DeploymentCancelled: OpensStage & { readonly buildName: string };
  /**
   * The same where no build was under way: what the attempt did before, a script or variables, is over. `task` is the
   * one that was waited for, and `outcome` how it ended in Lagoon's words.
   */
  ScriptCancelled: OpensStage & {
    readonly step: ScriptStep;
    readonly task: TaskReference | null;
    readonly outcome?: string;
  };
  /** Lagoon refuses or ignores the cancel of a build or task: the upgrade ends when that has ended by itself. */
  CancelWithoutEffect: Attempt & { readonly name: string; readonly evidence: Evidence };
  /** The deployment was complete before the cancel could stop it. */
  UpgradeCancelTooLate: Attempt & { readonly buildName: string };
  OutcomeUnknown: Attempt & { readonly evidence: Evidence };
  /** `step`: of the script of a step, whose task is then the build; `not-landed` is the status of what never came. */
  LateOutcomeObserved: Attempt & {
    readonly status: string;
    readonly buildName: string;
    readonly step?: ScriptStep;
  };
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
  PostUpgradeCompleted: OpensStage & Timed & { readonly task: TaskReference | null };
  PostUpgradeFailed: Failure & Timed;
  InstanceVerifiedHealthy: Attempt & {
    readonly status: HealthyStatus;
    readonly probes: readonly ProbeResult[];
    /** What else was seen or done on the way, such as waking the app. */
    readonly evidence?: Evidence;
  };
  InstanceFoundUnhealthy: Failure;
  InstanceFoundUnresponsive: Failure;
  StageTimedOut: Attempt & {
    readonly stage: UpgradeStage;
    readonly status: InstanceStatus;
    readonly since: string;
    readonly limitMs: number;
    /** What is known of the stall beyond its length. */
    readonly reason?: string;
  };
  /** The attempt cannot go on without something outside; step deadlines are suspended meanwhile. */
  WaitingFor: Attempt & {
    /** `lagoon:<core>`, `credentials:<core>`, `admission:<core>`, `queue:<stage>`, `switch:system` or `switch:<core>`. */
    readonly target: string;
    readonly since: string;
    readonly stage: UpgradeStage;
    /** In the queue, from 1, when this was written. */
    readonly place?: number;
    /** When it is likely to go on, as far as could be told when this was written. */
    readonly estimatedAt?: string;
    /** When the wait is over at the latest. */
    readonly until?: string;
    readonly evidence?: Evidence;
  };
  WaitEnded: Attempt & {
    readonly target: string;
    readonly waitedMs: number;
    /** Of an outage: until when it lasted, RFC 3339 in UTC with milliseconds. */
    readonly endedAt?: string;
  };
  /** Told now and then while a wait lasts; `changed` is what is different from what was told last. */
  StillWaiting: Attempt & {
    /** As `WaitingFor` names it, or `operator` for an instance that is held. */
    readonly target: string;
    readonly since: string;
    readonly changed: Evidence;
  };
  StageParked: Attempt & {
    readonly stage: UpgradeStage;
    readonly eventId: string;
    readonly reason: string;
    readonly eventType?: string;
    /** What the handler said, short and redacted. */
    readonly detail?: string;
  };
  /** A stage is offered to its workers again; nobody asked for it: the watchdog did it by itself. */
  StageRedriven: OpensStage &
    Partial<AskedBy> & { readonly stage: UpgradeStage; readonly n: number };
  /** No new effect from here on; what runs is followed, and deadlines stand still. */
  InstanceParked: Attempt & AskedBy;
  InstanceUnparked: OpensStage & AskedBy;
  /** An operator says what became of an intent without an outcome; Lagoon is asked before it counts. */
  OutcomeResolutionRequested: Attempt & AskedBy & { readonly resolution: Resolution };
  OutcomeResolved: Attempt & { readonly resolution: Resolution; readonly evidence: Evidence };
  OutcomeResolutionRefused: Attempt & {
    readonly resolution: Resolution;
    readonly reason: string;
    readonly evidence: Evidence;
  };
  UpgradeCancelRequested: Attempt & AskedBy;
  UpgradeCancelled: Attempt & {
    readonly status: RunningStatus;
    /** Proof of health, where something had begun. */
    readonly probes?: readonly ProbeResult[];
    readonly evidence?: Evidence;
  };
  UpgradeRetried: OpensStage &
    AskedBy & {
      readonly fromStage: UpgradeStage;
      /** What was deployed already may be deployed again. */
      readonly redeploy?: true;
    };
  UpgradeAbandoned: OpensStage & AskedBy;
  /** A command that found its effect in place already: its key stands for this answer. */
  CommandNoted: { readonly command: string };
  /** What the events before it come to: whoever wants the present state reads no further back. It changes nothing. */
  InstanceSnapshotTaken: InstanceSnapshot;
}

export type InstanceEventType = keyof InstanceEventData;

export type InstanceEventOf<Type extends InstanceEventType> = {
  readonly [T in Type]: { readonly type: T; readonly data: InstanceEventData[T] };
}[Type];

export type InstanceEvent = InstanceEventOf<InstanceEventType>;

export function eventOf<Type extends InstanceEventType>(
  type: Type,
  data: InstanceEventData[Type],
): InstanceEventOf<Type> {
  return { type, data };
}

/** What some events mean for something else, one row per event. */
export type PerEvent<Meaning, Context extends readonly unknown[] = []> = {
  readonly [Type in InstanceEventType]?: (
    data: InstanceEventData[Type],
    ...context: Context
  ) => Meaning;
};

/** Undefined for an event without a row. */
export function meaningOf<Type extends InstanceEventType, Meaning, Context extends unknown[]>(
  rows: PerEvent<Meaning, Context>,
  { type, data }: InstanceEventOf<Type>,
  ...context: Context
): Meaning | undefined {
  return rows[type]?.(data, ...context);
}

/** An event with the place and time the store gave it. */
export interface RecordedInstanceEvent {
  readonly instanceId: string;
  readonly eventId: string;
  readonly revision: number;
  /** Store time, milliseconds since 1970. */
  readonly at: number;
  readonly event: InstanceEvent;
}

/** Which upgrade an event belongs to; null for events outside an upgrade. */
export function upgradeIdOf({ data }: InstanceEvent): string | null {
  if ('workOrder' in data) return data.workOrder.upgradeId;
  return 'upgradeId' in data ? (data.upgradeId ?? null) : null;
}
