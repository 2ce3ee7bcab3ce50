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
  readonly labels?: Readonly<Record<string, string>>;
  /** Nothing is run on either side of the upgrade. */
  readonly hasScripts?: false;
}

/** Simulated seconds: a build that is not over before the clock is moved on. */
export const ENDLESS_BUILD = 1_000_000;

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

export function idsOf(fleet: readonly Pick<FleetInstance, 'instanceId'>[]): string[] {
  return fleet.map(({ instanceId }) => instanceId);
}

const SCRIPTS = {
  preUpgrade: { service: 'cli', command: './before-upgrade.sh' },
  postUpgrade: { service: 'cli', command: './after-upgrade.sh' },
};

/** The body of a registration, with a script on either side of the upgrade unless the instance has none. */
export function registrationOf(instance: FleetInstance) {
  const { instanceId, project, environment, status, hasScripts = true } = instance;
  const { labels = { fleet: 'test' } } = instance;
  return {
    instanceId,
    project,
    environment,
    app: 'shop',
    status,
    labels,
    ...(hasScripts ? { scripts: SCRIPTS } : {}),
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
