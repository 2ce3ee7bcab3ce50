import { DomainError } from '../decider';

/** The instance was never registered. */
export class InstanceUnknownError extends DomainError {
  readonly code = 'instance-unknown';
  constructor() {
    super('The instance is not registered: register it first');
  }
}

/** Registered before, with other content. */
export class InstanceAlreadyRegisteredError extends DomainError {
  readonly code = 'instance-already-registered';
  constructor(readonly currentStatus: string) {
    super('The instance is registered already, with another profile or status');
  }
}

/** Deregistered: nothing of it can be changed. */
export class InstanceRemovedError extends DomainError {
  readonly code = 'instance-removed';
  constructor(readonly currentStatus: string) {
    super('The instance was deregistered: register it again first');
  }
}

/** A status of the upgrade path that only Uplift's own events may set. */
export class StatusNotImportableError extends DomainError {
  readonly code = 'status-not-importable';
  constructor(readonly status: string) {
    super(
      `An instance cannot be registered as ${status}: that status belongs to an upgrade in flight`,
    );
  }
}

/** The command is illegal in the instance's present status. */
export class StatusNotAllowedError extends DomainError {
  readonly code = 'status-not-allowed';
  constructor(
    readonly command: string,
    readonly currentStatus: string,
    readonly allowedFrom: readonly string[],
  ) {
    super(
      `${command} is refused in status ${currentStatus}; it is allowed from ${allowedFrom.join(', ')}`,
    );
  }
}

/** One upgrade at a time. */
export class UpgradeInFlightError extends DomainError {
  readonly code = 'upgrade-in-flight';
  constructor(
    readonly currentStatus: string,
    readonly upgradeId: string,
    readonly allowedFrom: readonly string[],
  ) {
    super(`Upgrade ${upgradeId} is in flight (${currentStatus}): wait until it has ended`);
  }
}

/** Strategy and target do not fit together. */
export class InvalidTargetError extends DomainError {
  readonly code = 'invalid-target';
}

/** What is said of the health probe does not fit together. */
export class InvalidHealthProbeError extends DomainError {
  readonly code = 'invalid-health-probe';
}

/** This installation does not permit the strategy. */
export class StrategyNotEnabledError extends DomainError {
  readonly code = 'strategy-not-enabled';
  constructor(
    readonly strategy: string,
    readonly enabled: readonly string[],
  ) {
    super(`Strategy ${strategy} is not enabled here: use ${enabled.join(', ')}`);
  }
}

/** The upgrade would expire before it could begin. */
export class StartByPassedError extends DomainError {
  readonly code = 'start-by-passed';
  constructor(readonly startBy: string) {
    super(`The upgrade was to start by ${startBy}, which is over: name a later time, or none`);
  }
}

/** There is nothing left to cancel. */
export class UpgradeNotInFlightError extends DomainError {
  readonly code = 'upgrade-not-in-flight';
  constructor(
    readonly currentStatus: string,
    readonly upgradeId: string,
  ) {
    super(`Upgrade ${upgradeId} is not in flight: the instance is ${currentStatus}`);
  }
}

/** The new version is deployed: stopping now would leave the instance half upgraded. */
export class CancelTooLateError extends DomainError {
  readonly code = 'cancel-too-late';
  constructor(
    readonly currentStatus: string,
    readonly upgradeId: string,
  ) {
    super(
      `Upgrade ${upgradeId} is past its deployment (${currentStatus}): let it end, then roll it back`,
    );
  }
}

/** Nothing that a retry, an abandon or a roll back of this upgrade could lead on from. */
export class NothingToRecoverError extends DomainError {
  readonly code;
  readonly currentStatus: string;
  constructor(
    command: string,
    readonly upgradeId: string,
    { last, currentStatus }: { readonly last: string | null; readonly currentStatus: string },
  ) {
    super(whyNothing(upgradeId, last));
    this.code = NOTHING_TO[command] ?? 'nothing-to-retry';
    this.currentStatus = currentStatus;
  }
}

function whyNothing(upgradeId: string, last: string | null): string {
  if (last === null) return 'The instance was never upgraded by Uplift: request an upgrade';
  return last === upgradeId
    ? `Upgrade ${upgradeId} has come to its end: request a new upgrade, as a repair if the app is ill`
    : `${upgradeId} is not the last upgrade of the instance, which is ${last}`;
}

const NOTHING_TO: Readonly<Record<string, string>> = {
  AbandonUpgrade: 'nothing-to-abandon',
  ResolveOutcome: 'nothing-to-resolve',
  RollBackUpgrade: 'nothing-to-roll-back',
};

/** A call of the old attempt may still take place in Lagoon. */
export class OutcomeUnknownError extends DomainError {
  readonly code = 'outcome-unknown';
  constructor(
    readonly marker: string,
    readonly buildName: string | null,
  ) {
    super(
      `Nobody knows yet what became of ${buildName ?? `the call marked ${marker}`}: resolve it first, or wait until its outcome is seen`,
    );
  }
}

/** The new version runs already. */
export class AlreadyDeployedError extends DomainError {
  readonly code = 'already-deployed';
  constructor(readonly buildName: string | null) {
    super(
      `The upgrade has deployed ${buildName ?? 'its build'} already: retry from a later stage, or ask to redeploy`,
    );
  }
}

/** Another plan would not change what runs already. */
export class PlanChangeTooLateError extends DomainError {
  readonly code = 'plan-change-too-late';
  constructor() {
    super('The upgrade has deployed already: another strategy or target needs redeploy');
  }
}

/** A stage cannot be passed over before it is complete. */
export class StageNotReachedError extends DomainError {
  readonly code = 'stage-not-reached';
  constructor(
    readonly fromStage: string,
    readonly earliest: string,
  ) {
    super(`A retry cannot begin with ${fromStage}: ${earliest} is not complete`);
  }
}

/** Every call has an outcome. */
export class NothingToResolveError extends DomainError {
  readonly code = 'nothing-to-resolve';
  constructor() {
    super('Every call of this attempt has an outcome: there is nothing to resolve');
  }
}

/** The history does not say what was deployed before. */
export class NoEarlierReferenceError extends DomainError {
  readonly code = 'no-earlier-reference';
  constructor() {
    super(
      'The history does not tell which commit or tag was deployed before: request an upgrade to one with branch-ref',
    );
  }
}

/** The instance never was healthy, so nobody knows the status to come back to. */
export class ClaimUnknownError extends DomainError {
  readonly code = 'claim-unknown';
  constructor(readonly currentStatus: string) {
    super('It is not known whether the instance is claimed: report it healthy first');
  }
}

/** Nobody holds the instance. */
export class NotParkedError extends DomainError {
  readonly code = 'not-parked';
  constructor(readonly currentStatus: string) {
    super('The instance is not parked');
  }
}

/** A report would turn a claimed instance into an unclaimed one, or back. */
export class ClaimAxisCrossedError extends DomainError {
  readonly code = 'claim-axis-crossed';
  constructor(
    readonly currentStatus: string,
    readonly reported: string,
    readonly claim: string,
  ) {
    super(`A health report must not turn ${claim} into ${reported}: claim or unclaim the instance`);
  }
}

/** A worker reports a step that the upgrade has not reached. */
export class StepNotReachedError extends DomainError {
  readonly code = 'step-not-reached';
  constructor(
    readonly command: string,
    readonly currentStatus: string,
  ) {
    super(`${command} is ahead of its time: the instance is in status ${currentStatus}`);
  }
}

/** The history itself is illegal: a defect or a forged event. */
export class IllegalHistoryError extends DomainError {
  readonly code = 'illegal-history';
  constructor(
    readonly eventType: string,
    readonly currentStatus: string,
  ) {
    super(`${eventType} cannot follow status ${currentStatus}`);
  }
}
