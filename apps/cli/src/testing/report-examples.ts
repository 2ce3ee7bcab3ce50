import type {
  InstanceDocument,
  StageDocument,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import type { FleetNumbers } from '../report/fleet-report.page';

const DAY = '2026-12-01T06:';

/** A moment of the examples: minutes and seconds. */
export const at = (clock: string) => `${DAY}${clock}.000Z`;

export const INSTANCE = {
  instanceId: 'i-1',
  project: 'shop',
  environment: 'main',
  app: 'wiki',
  labels: { team: 'payments' },
  status: 'upgrade-failed',
  statusLabel: 'Upgrade failed',
} as unknown as InstanceDocument;

export const stage = (
  name: StageDocument['stage'],
  queuedAt: string,
  startedAt: string | null,
  endedAt: string | null,
): StageDocument => ({
  ...{ stage: name, queuedAt: at(queuedAt), queuedMs: null, activeMs: null },
  startedAt: startedAt === null ? null : at(startedAt),
  endedAt: endedAt === null ? null : at(endedAt),
});

export const UPGRADE = {
  ...{ upgradeId: 'u-1', instanceId: 'i-1', attempt: 1, outcome: 'failed' },
  ...{ strategy: 'branch-ref', target: { ref: 'v2' }, requestedBy: 'a-1', reason: 'release' },
  ...{ requestedAt: at('00:00'), endedAt: at('04:00'), buildName: 'b-7', buildStatus: 'failed' },
  revision: 9,
  stages: [
    stage('pre-upgrade', '00:00', '01:00', '02:00'),
    stage('upgrade', '02:00', '02:00', '04:00'),
  ],
  failure: {
    ...{ reason: 'deployment-failed', reasonClass: 'build', retryable: true },
    evidence: { buildName: 'b-7' },
  },
} as unknown as UpgradeDocument;

export const event = (
  clock: string,
  eventType: string,
  note: string | null = null,
  upgradeId: string | null = 'u-1',
): TimelineEntryDocument => ({
  ...{ instanceId: 'i-1', revision: 1, eventId: 'e', status: 'upgrade-running', upgradeId },
  ...{ at: at(clock), eventType, note },
});

export const FLEET = {
  instances: { total: 3, byStatus: { 'running-healthy-claimed': 2, 'upgrade-failed': 1 } },
  upgrades: { total: 4, byOutcome: { succeeded: 3, failed: 1 } },
  stages: [
    {
      ...{ stage: 'pre-upgrade', count: 4 },
      queuedMs: { p50: 20, p95: 90 },
      activeMs: { p50: 1_500, p95: 61_000 },
    },
    {
      ...{ stage: 'upgrade', count: 0 },
      queuedMs: { p50: null, p95: null },
      activeMs: { p50: null, p95: null },
    },
  ],
  ...{ stops: [], asOf: { position: '9', at: at('05:00'), ageMs: 0 } },
} as unknown as FleetNumbers;
