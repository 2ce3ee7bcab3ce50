import type { InstanceCommandType, InstanceEvent } from '@uplift/domain';

/** What the model knows of an instance: less than the domain, and written down apart from it. */
export interface Model {
  readonly status: string;
  /** Of the upgrade in flight. */
  readonly upgrade: string | null;
  readonly isParked: boolean;
  readonly isCancelled: boolean;
}

export const ABSENT: Model = {
  ...{ status: 'absent', upgrade: null },
  ...{ isParked: false, isCancelled: false },
};

/** Accepted, without effect, or the code of the refusal. */
export type Answer = 'accepted' | 'nothing' | (string & {});

export interface Asked {
  readonly type: InstanceCommandType;
  /** Whether it speaks of the upgrade in flight. */
  readonly isOfThis: boolean;
  readonly isRepair: boolean;
}

/** In the order of the path. */
const PATH = [
  ...['pending-pre-upgrade', 'pre-upgrade-running', 'pre-upgrade-completed', 'pending-upgrade'],
  ...['upgrade-running', 'upgrade-completed', 'pending-post-upgrade', 'post-upgrade-running'],
  'post-upgrade-completed',
];
const FAILED = ['pre-upgrade-failed', 'upgrade-failed', 'post-upgrade-failed'];
const ILL = ['running-unhealthy', 'running-unresponsive'];
const HEALTHY = ['running-healthy-claimed', 'running-healthy-unclaimed'];

export const isInFlight = ({ status }: Model) => PATH.includes(status);

/** Where each event that moves an instance on leads to: the picture of the lifecycle page. */
const LEADS_TO: Readonly<Record<string, string>> = {
  InstanceDeregistered: 'removed',
  UpgradeRequested: 'pending-pre-upgrade',
  PreUpgradeStarted: 'pre-upgrade-running',
  PreUpgradeCompleted: 'pre-upgrade-completed',
  PreUpgradeFailed: 'pre-upgrade-failed',
  UpgradePending: 'pending-upgrade',
  UpgradeStarted: 'upgrade-running',
  UpgradeCompleted: 'upgrade-completed',
  UpgradeFailed: 'upgrade-failed',
  PostUpgradePending: 'pending-post-upgrade',
  PostUpgradeStarted: 'post-upgrade-running',
  PostUpgradeCompleted: 'post-upgrade-completed',
  PostUpgradeFailed: 'post-upgrade-failed',
  InstanceFoundUnhealthy: 'running-unhealthy',
  InstanceFoundUnresponsive: 'running-unresponsive',
  DeploymentCancelled: 'post-upgrade-completed',
  ScriptCancelled: 'post-upgrade-completed',
  UpgradeAbandoned: 'post-upgrade-completed',
};
/** The event says where. */
const NAMES_ITS_STATUS = [
  ...['InstanceRegistered', 'HealthReported', 'InstanceVerifiedHealthy', 'UpgradeCancelled'],
  'UpgradeExpired',
];
/** What a healthy app is from there on. */
const CLAIMS: Readonly<Record<string, string>> = {
  InstanceClaimed: 'running-healthy-claimed',
  InstanceUnclaimed: 'running-healthy-unclaimed',
};
const WAITS_FOR: Readonly<Record<string, string>> = {
  'pre-upgrade': 'pending-pre-upgrade',
  upgrade: 'pending-upgrade',
  'post-upgrade': 'pending-post-upgrade',
  'poll-upgrade': 'post-upgrade-completed',
};

export function follow(model: Model, { type, data }: InstanceEvent): Model {
  const said = data as { status?: string; fromStage?: string; workOrder?: { upgradeId: string } };
  const status = statusAfter(model.status, type, said) ?? model.status;
  if (!PATH.includes(status)) return { ...ABSENT, status };
  return {
    status,
    upgrade: said.workOrder?.upgradeId ?? model.upgrade,
    isParked: type === 'InstanceParked' || (model.isParked && type !== 'InstanceUnparked'),
    isCancelled: isCancelledAfter(model, type),
  };
}

/** Undefined where it stays. */
function statusAfter(
  before: string,
  type: string,
  { status, fromStage }: { readonly status?: string; readonly fromStage?: string },
): string | undefined {
  if (NAMES_ITS_STATUS.includes(type)) return status;
  if (type in CLAIMS) return HEALTHY.includes(before) ? CLAIMS[type] : before;
  if (type === 'UpgradeRetried') return WAITS_FOR[fromStage ?? ''];
  return LEADS_TO[type];
}

function isCancelledAfter({ isCancelled }: Model, type: string): boolean {
  if (type === 'UpgradeCancelRequested') return true;
  const isOver = ['UpgradeRequested', 'UpgradeRetried', 'UpgradeCancelTooLate'].includes(type);
  return isCancelled && !isOver;
}

/** What a command of an operator may be answered, by the page of commands; null: the model does not say. */
export function expected(model: Model, asked: Asked): readonly Answer[] | null {
  const rule = RULES[asked.type];
  if (rule === undefined) return null;
  if (model.status === 'absent')
    return [asked.type === 'RegisterInstance' ? 'accepted' : 'instance-unknown'];
  return isInFlight(model) ? rule.inFlight(model, asked) : rule.atRest(model, asked);
}

interface Rule {
  readonly inFlight: (model: Model, asked: Asked) => readonly Answer[];
  readonly atRest: (model: Model, asked: Asked) => readonly Answer[];
}

const IN_FLIGHT = ['upgrade-in-flight'];
const NONE_IN_FLIGHT = ['upgrade-not-in-flight'];
const whileCancellable = PATH.slice(0, 5);
const ofFailure =
  (nothing: string) =>
  ({ status }: Model): readonly Answer[] => {
    if (FAILED.includes(status)) return ['accepted', 'nothing', 'outcome-unknown', nothing];
    return [
      'accepted',
      'nothing',
      'status-not-allowed',
      'outcome-unknown',
      nothing,
      'upgrade-in-flight',
    ];
  };

const claiming: Rule = {
  inFlight: () => ['accepted', 'nothing'],
  atRest: ({ status }) => {
    if (status === 'removed') return ['instance-removed'];
    const isRun = [...HEALTHY, ...ILL, ...FAILED].includes(status);
    return isRun ? ['accepted', 'nothing'] : ['status-not-allowed'];
  },
};

const RULES: { readonly [Type in InstanceCommandType]?: Rule } = {
  RegisterInstance: {
    inFlight: () => ['nothing', 'instance-already-registered'],
    atRest: ({ status }) =>
      status === 'removed'
        ? ['accepted', 'status-not-importable']
        : ['nothing', 'instance-already-registered'],
  },
  RequestUpgrade: {
    inFlight: (_, { isOfThis }) => (isOfThis ? ['nothing'] : IN_FLIGHT),
    atRest: ({ status }, { isRepair }) => {
      if (HEALTHY.includes(status)) return ['accepted', 'nothing'];
      return ILL.includes(status) && isRepair
        ? ['accepted', 'nothing', 'claim-unknown', 'outcome-unknown']
        : ['status-not-allowed', 'nothing'];
    },
  },
  CancelUpgrade: {
    inFlight: ({ status, isCancelled }, { isOfThis }) => {
      if (!isOfThis) return NONE_IN_FLIGHT;
      if (isCancelled) return ['nothing'];
      return whileCancellable.includes(status) ? ['accepted'] : ['cancel-too-late'];
    },
    atRest: () => ['nothing', 'upgrade-not-in-flight'],
  },
  ParkInstance: {
    inFlight: ({ isParked }) => [isParked ? 'nothing' : 'accepted'],
    atRest: () => NONE_IN_FLIGHT,
  },
  UnparkInstance: {
    inFlight: ({ isParked }) => [isParked ? 'accepted' : 'not-parked'],
    atRest: () => NONE_IN_FLIGHT,
  },
  RedriveStage: {
    inFlight: (_, { isOfThis }) => [isOfThis ? 'accepted' : 'upgrade-not-in-flight'],
    atRest: () => NONE_IN_FLIGHT,
  },
  UpdateInstance: {
    inFlight: () => ['accepted', 'nothing'],
    atRest: ({ status }) => (status === 'removed' ? ['instance-removed'] : ['accepted', 'nothing']),
  },
  ClaimInstance: claiming,
  UnclaimInstance: claiming,
  DeregisterInstance: {
    inFlight: () => IN_FLIGHT,
    atRest: ({ status }) => (status === 'removed' ? ['nothing'] : ['accepted', 'outcome-unknown']),
  },
  RetryUpgrade: {
    inFlight: () => ['nothing', ...IN_FLIGHT],
    atRest: ofFailure('nothing-to-retry'),
  },
  AbandonUpgrade: {
    inFlight: () => ['nothing', ...IN_FLIGHT],
    atRest: ofFailure('nothing-to-abandon'),
  },
};
