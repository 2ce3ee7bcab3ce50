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
    super(`Upgrade ${upgradeId} is past its deployment (${currentStatus}): let it end`);
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
    super(`A health report must not turn ${claim} into ${reported}`);
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
