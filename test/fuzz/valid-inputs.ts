import type { Json, JsonObject } from './hostile-values';

const SCRIPT = { service: 'cli', command: 'drush updb' };

/** Bodies of commands, with every member that they may have. */
export const COMMAND_BODIES = {
  register: registration(0),
  import: registration(0),
  trigger: {
    strategy: 'variables',
    target: { variables: [{ name: 'A', value: 'v', scope: 'BUILD' }] },
    reason: 'new version',
    waveId: 'w',
    rolloutId: 'dddddddd-0000-4000-8000-000000000001',
    startBy: '2030-01-01T00:00:00Z',
    priority: 'urgent',
    repair: false,
  },
  health: { status: 'running-unhealthy' },
  reason: { reason: 'maintenance' },
  update: {
    ...{ project: 'shop', projectId: 7, environment: 'at-0', core: 'default', app: 'wiki' },
    labels: { team: 'shop' },
    scripts: { preUpgrade: SCRIPT },
    healthProbe: { kind: 'http', path: '/ready' },
    upgrade: { strategy: 'branch-ref', target: { ref: 'v1' } },
    reason: 'sold',
  },
  deregister: { reason: 'closed', cancel: true },
  retry: {
    from: 'upgrade',
    redeploy: true,
    strategy: 'branch-ref',
    target: { ref: 'v1' },
    reason: 'again',
  },
  resolve: { adopt: 'lagoon-build-a', reason: 'seen' },
  prioritize: { priority: 'urgent', reason: 'urgent' },
} as const satisfies Record<string, Json>;

/** An instance that was not registered before, and what registers it. */
export function instanceAt(n: number): readonly [instanceId: string, body: JsonObject] {
  const body = registration(n);
  return [body.instanceId, body];
}

function registration(n: number) {
  return {
    instanceId: `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`,
    project: 'shop',
    projectId: 7,
    environment: `at-${n}`,
    core: 'default',
    app: 'store-app',
    status: 'running-healthy-claimed',
    labels: { team: 'shop' },
    scripts: { preUpgrade: SCRIPT, postUpgrade: { registeredTask: 'Clear caches' } },
    healthProbe: { kind: 'http', path: '/health', acceptStatuses: [302] },
    upgrade: { strategy: 'branch-ref', target: { ref: 'v1' } },
  };
}
