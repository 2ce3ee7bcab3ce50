import { randomUUID } from 'node:crypto';

/** What will become of an instance's upgrade. */
export type Fate = 'sound' | 'build-fails' | 'app-unhealthy' | 'deployments-disabled';

export interface FleetInstance {
  readonly instanceId: string;
  readonly project: string;
  readonly environment: string;
  readonly status: 'running-healthy-claimed' | 'running-healthy-unclaimed';
  readonly fate: Fate;
  /** Simulated seconds that its build takes; Lagoon's own choice if absent. */
  readonly buildSeconds?: number;
}

/** `size` instances, the first ones with the given fates; every third one is unclaimed. */
export function makeFleet(size: number, fates: readonly Fate[] = []): FleetInstance[] {
  const tag = randomUUID().slice(0, 8);
  return Array.from({ length: size }, (_, n) => ({
    instanceId: randomUUID(),
    project: `shop-${tag}-${n + 1}`,
    environment: 'main',
    status: n % 3 === 2 ? 'running-healthy-unclaimed' : 'running-healthy-claimed',
    fate: fates[n] ?? 'sound',
  }));
}

/** The body of a registration, with a script on either side of the upgrade. */
export function registrationOf({ instanceId, project, environment, status }: FleetInstance) {
  return {
    instanceId,
    project,
    environment,
    app: 'shop',
    status,
    labels: { fleet: 'test' },
    scripts: {
      preUpgrade: { service: 'cli', command: './before-upgrade.sh' },
      postUpgrade: { service: 'cli', command: './after-upgrade.sh' },
    },
    healthProbe: { path: '/health' },
  };
}

/** Where an upgrade of the instance leaves it. */
export function statusAfterUpgrade({ fate, status }: FleetInstance): string {
  const ends = {
    sound: status,
    'build-fails': 'upgrade-failed',
    'app-unhealthy': 'running-unhealthy',
    'deployments-disabled': 'pre-upgrade-failed',
  };
  return ends[fate];
}
