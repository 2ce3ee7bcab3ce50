/** Polydock's stages that have all four phases, in the order of an instance's life. */
const STAGES = [
  'pre-create',
  'create',
  'post-create',
  'pre-deploy',
  'deploy',
  'post-deploy',
  'polydock-claim',
  'pre-upgrade',
  'upgrade',
  'post-upgrade',
  'pre-remove',
  'remove',
  'post-remove',
] as const;

type StageName = (typeof STAGES)[number];

export const RUNNING_STATUSES = [
  'running-healthy-unclaimed',
  'running-healthy-claimed',
  'running-unhealthy',
  'running-unresponsive',
] as const;

export type RunningStatus = (typeof RUNNING_STATUSES)[number];

/** The two statuses an upgrade may start from, and must come back to. */
export type HealthyStatus = 'running-healthy-claimed' | 'running-healthy-unclaimed';

/** All 61 status strings of Polydock. */
export type InstanceStatus =
  | 'new'
  | `pending-${StageName}`
  | `${StageName}-${'running' | 'completed' | 'failed'}`
  | RunningStatus
  | 'removed'
  | 'pending-purge'
  | 'purge-running'
  | 'purge-failed';

export const INSTANCE_STATUSES: readonly InstanceStatus[] = [
  'new',
  ...STAGES.flatMap((stage): InstanceStatus[] => [
    `pending-${stage}`,
    `${stage}-running`,
    `${stage}-completed`,
    `${stage}-failed`,
  ]),
  ...RUNNING_STATUSES,
  'removed',
  'pending-purge',
  'purge-running',
  'purge-failed',
];

const SPELLED_OUT: Partial<Record<InstanceStatus, string>> = {
  'running-healthy-unclaimed': 'Running healthy (unclaimed)',
  'running-healthy-claimed': 'Running healthy (claimed)',
};

/** `pre-upgrade-running` → "Pre-upgrade running": a stage keeps its hyphen, all else is words. */
function labelInWords(status: InstanceStatus): string {
  const words = status
    .replace('polydock-claim', 'polydock claim')
    .replace(/^(pending|running|purge)-/, '$1 ')
    .replace(/-(running|completed|failed)$/, ' $1');
  return SPELLED_OUT[status] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Made once: every row of the read model that changes is given one. */
const LABELS = new Map(INSTANCE_STATUSES.map((status) => [status, labelInWords(status)]));

export function labelOf(status: InstanceStatus): string {
  return LABELS.get(status) ?? labelInWords(status);
}

export function isInstanceStatus(text: string): text is InstanceStatus {
  return (INSTANCE_STATUSES as readonly string[]).includes(text);
}

export function isRunning(status: string): status is RunningStatus {
  return (RUNNING_STATUSES as readonly string[]).includes(status);
}

export function isHealthy(status: string): status is HealthyStatus {
  return status === 'running-healthy-claimed' || status === 'running-healthy-unclaimed';
}

export const HEALTHY_STATUSES = [
  'running-healthy-claimed',
  'running-healthy-unclaimed',
] as const satisfies readonly HealthyStatus[];

/** Statuses between `UpgradeRequested` and the outcome, in the order of the path. */
export const IN_FLIGHT_STATUSES = [
  'pending-pre-upgrade',
  'pre-upgrade-running',
  'pre-upgrade-completed',
  'pending-upgrade',
  'upgrade-running',
  'upgrade-completed',
  'pending-post-upgrade',
  'post-upgrade-running',
  'post-upgrade-completed',
] as const satisfies readonly InstanceStatus[];

export type InFlightStatus = (typeof IN_FLIGHT_STATUSES)[number];

export function isInFlight(status: string): status is InFlightStatus {
  return (IN_FLIGHT_STATUSES as readonly string[]).includes(status);
}

/** Statuses in which an instance is looked after, and no upgrade of it is in flight. */
export type RestingStatus = Exclude<InstanceStatus, InFlightStatus | 'removed'>;

export const RESTING_STATUSES: readonly RestingStatus[] = INSTANCE_STATUSES.filter(
  (status): status is RestingStatus => !isInFlight(status) && status !== 'removed',
);

/** Whether both statuses are of the path, the first ahead of the second. */
export function isBefore(status: string, other: string): boolean {
  const path: readonly string[] = IN_FLIGHT_STATUSES;
  const place = path.indexOf(status);
  return place >= 0 && place < path.indexOf(other);
}

/** Statuses in which an upgrade can be cancelled: before and during the deployment. */
export const CANCELLABLE_STATUSES = [
  'pending-pre-upgrade',
  'pre-upgrade-running',
  'pre-upgrade-completed',
  'pending-upgrade',
  'upgrade-running',
] as const satisfies readonly InFlightStatus[];

/** The workers; `poll-upgrade` also verifies health at the end. */
export const UPGRADE_STAGES = ['pre-upgrade', 'upgrade', 'poll-upgrade', 'post-upgrade'] as const;

export type UpgradeStage = (typeof UPGRADE_STAGES)[number];

/** Where an instance waits for a stage to be done (again). */
export const STATUS_BEFORE_STAGE = {
  'pre-upgrade': 'pending-pre-upgrade',
  upgrade: 'pending-upgrade',
  'post-upgrade': 'pending-post-upgrade',
  'poll-upgrade': 'post-upgrade-completed',
} as const satisfies Record<UpgradeStage, InFlightStatus>;
