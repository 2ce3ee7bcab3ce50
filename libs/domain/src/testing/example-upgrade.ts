import type { Evidence } from '../instance/instance.events';
import type { InstanceProfile } from '../instance/instance.profile';
import type { LocatedEnvironment, WorkOrder } from '../instance/work-order';

export const PROFILE: InstanceProfile = {
  project: 'shop-berlin',
  projectId: 42,
  environment: 'main',
  core: 'eu-1',
  app: 'anything-llm',
  scripts: {
    preUpgrade: { service: 'cli', command: 'backup' },
    postUpgrade: { service: 'cli', command: 'migrate' },
  },
  healthProbe: { path: '/health', acceptStatuses: [302] },
};

export const LABELS = { tenant: 'berlin' } as const;

export const LOCATED: LocatedEnvironment = {
  projectId: 42,
  environmentId: 4711,
  route: 'https://shop.example/',
};

/** As the request leaves it; `LOCATED_ORDER` is what pre-upgrade makes of it. */
export const WORK_ORDER: WorkOrder = {
  upgradeId: '7d0c6c0e-0000-4000-8000-000000000001',
  attempt: 1,
  profile: PROFILE,
  located: null,
  strategy: 'branch-ref',
  target: { ref: 'v2.1.0' },
  originStatus: 'running-healthy-claimed',
  attemptMs: 43_200_000,
};

export const LOCATED_ORDER: WorkOrder = { ...WORK_ORDER, located: LOCATED };

export const ATTEMPT = { upgradeId: WORK_ORDER.upgradeId, attempt: 1 } as const;
export const OTHER_UPGRADE = '7d0c6c0e-0000-4000-8000-000000000002';

export const WORKER = 'worker-1';
export const BUILD = 'lagoon-build-a1b2c3';
/** What the deployment makes of it. */
export const DEPLOYED_ORDER: WorkOrder = { ...LOCATED_ORDER, deployed: { buildName: BUILD } };
export const MARKER = `uplift-${WORK_ORDER.upgradeId}-1`;
export const SCRIPT_MARKER = `${MARKER}-pre`;
export const EVIDENCE: Evidence = { httpStatus: 503, seen: 'twice' };
export const TASK = { taskId: 9, taskName: 'lagoon-task-x1' } as const;

export const FAILURE = {
  ...ATTEMPT,
  reason: 'deployment-refused',
  evidence: EVIDENCE,
  retryable: true,
} as const;

/** What is still open where nobody knows how the build ended. */
export const UNSETTLED = {
  effect: 'deployment',
  step: null,
  marker: MARKER,
  buildName: BUILD,
} as const;

export const BY_WORKER = { ...ATTEMPT, worker: WORKER };
export const CALL = { ...ATTEMPT, marker: MARKER, callNo: 1 };
export const ASKED = { requestedBy: 'operator-7', reason: 'security release' };

/** Another probe and another script than the example is registered with. */
export const CHANGES = {
  scripts: { preUpgrade: null, postUpgrade: { service: 'cli', command: 'migrate --all' } },
  healthProbe: { path: '/ready', acceptStatuses: [] },
} as const;
export const OTHER_PROFILE = { ...PROFILE, ...CHANGES };
