import type { InstanceEvent, InstanceProfile, LocatedEnvironment, WorkOrder } from '@uplift/domain';
import { bulkIdOf, markerOf } from '@uplift/domain';

export const PROFILE: InstanceProfile = {
  project: 'shop',
  projectId: null,
  environment: 'main',
  core: 'eu-1',
  app: 'web-shop',
  scripts: { preUpgrade: null, postUpgrade: null },
  healthProbe: { path: '/', acceptStatuses: [] },
};

export const SCRIPTED: InstanceProfile = {
  ...PROFILE,
  scripts: {
    preUpgrade: { service: 'cli', command: 'backup' },
    postUpgrade: { service: 'cli', command: 'migrate' },
  },
};

/** An order as `UpgradeRequested` carries it. */
export const ORDER: WorkOrder = {
  upgradeId: '7d0c6c0e-0000-4000-8000-000000000001',
  attempt: 1,
  profile: PROFILE,
  located: null,
  strategy: 'redeploy-latest',
  target: null,
  originStatus: 'running-healthy-claimed',
  attemptMs: 12 * 3_600_000,
};

export interface ExampleUpgrade {
  readonly order: WorkOrder;
  readonly located: LocatedEnvironment | null;
  readonly buildName: string;
}

/** One whole upgrade as far as the last stage's opening event. */
export function exampleUpgrade(example: ExampleUpgrade): readonly InstanceEvent[] {
  const { order, located, buildName } = example;
  const { upgradeId, attempt, profile, originStatus } = order;
  const ids = { upgradeId, attempt };
  const started = { ...ids, worker: 'predecessor' };
  const workOrder = { ...order, located };
  const marker = markerOf(order);
  const bulkId = bulkIdOf(order);
  const wave = bulkId === null ? {} : { bulkId };
  return [
    { type: 'InstanceRegistered', data: { profile, labels: {}, status: originStatus } },
    {
      type: 'UpgradeRequested',
      data: { workOrder: order, requestedBy: 'operator-7', reason: 'release', rolloutId: null },
    },
    { type: 'PreUpgradeStarted', data: started },
    { type: 'PreUpgradeCompleted', data: { ...ids, checks: [], task: null } },
    { type: 'UpgradePending', data: { workOrder } },
    { type: 'UpgradeStarted', data: started },
    { type: 'DeploymentRequested', data: { ...started, callNo: 1, marker, bulkId } },
    { type: 'DeploymentAccepted', data: { workOrder, buildName, callNo: 1, ...wave } },
    {
      type: 'UpgradeCompleted',
      data: { ...ids, buildName, warnings: false, queuedMs: null, buildMs: null },
    },
    { type: 'PostUpgradePending', data: { workOrder } },
    { type: 'PostUpgradeStarted', data: started },
    { type: 'PostUpgradeCompleted', data: { workOrder, task: null } },
  ];
}

/** The events up to and including the first of a type. */
export function upTo(
  type: InstanceEvent['type'],
  events: readonly InstanceEvent[],
): readonly InstanceEvent[] {
  return events.slice(0, events.findIndex((event) => event.type === type) + 1);
}
