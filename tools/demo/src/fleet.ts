import { randomUUID } from 'node:crypto';

/** One made-up app of the demo's fleet. */
export interface DemoInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly environment: string;
  /** Whether the simulated Lagoon lets its build fail. */
  readonly failBuild: boolean;
  readonly status: string;
}

const APPS = ['anythingllm', 'drupal-cms', 'amazeeclaw'];

/**
 * Failing builds are spread over the fleet; every third instance is unclaimed. `run` sets the names apart from those of
 * an earlier run in the same store.
 */
export function makeFleet(size: number, failing: number, run = ''): DemoInstance[] {
  const every = failing === 0 ? Infinity : size / failing;
  return Array.from({ length: size }, (_, n) => ({
    instanceId: randomUUID(),
    project: `${APPS[n % APPS.length] ?? 'app'}${run}-${String(n + 1).padStart(4, '0')}`,
    environment: 'main',
    failBuild: Math.floor((n + 1) / every) > Math.floor(n / every),
    status: n % 3 === 2 ? 'running-healthy-unclaimed' : 'running-healthy-claimed',
  }));
}

/** The body of a registration. */
export function registrationOf({ instanceId, project, environment, status }: DemoInstance) {
  return {
    instanceId,
    project,
    environment,
    app: project.replace(/-\d+$/, ''),
    status,
    labels: { fleet: 'demo' },
    scripts: { preUpgrade: { service: 'cli', command: './scripts/before-upgrade.sh' } },
    healthProbe: { path: '/health' },
  };
}
