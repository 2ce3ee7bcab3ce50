import type { RegisterInstanceInput } from '@uplift/contracts';
import type { EnvironmentSpec } from '../../lagoon-simulator/src';

/** States in which a test may ask for an instance. */
export type StateName =
  | 'a healthy instance'
  | 'an instance that was upgraded'
  | 'an instance whose upgrade is under way'
  | 'an instance that failed in the pre-upgrade stage'
  | 'an instance that failed in the upgrade stage'
  | 'an instance that failed in the post-upgrade stage'
  | 'an instance that was found unhealthy after its upgrade';

type Traits = Omit<Partial<EnvironmentSpec>, 'project' | 'environment'>;

/** How an instance comes into a state: by what really happens, with a Lagoon that behaves so. */
export interface WayIntoState {
  /** Its upgrade is triggered, and has come there with an event of this type; absent: it is registered alone. */
  readonly until?: string;
  readonly lagoon?: Traits;
  /** Lagoon from then on, so that what failed can be done again. */
  readonly lagoonAfterwards?: Traits;
  readonly registration?: Partial<RegisterInstanceInput>;
}

/** Simulated seconds: it does not end while a test runs. */
const ENDLESS = 1_000_000_000;

export const STATES: Readonly<Record<StateName, WayIntoState>> = {
  'a healthy instance': {},
  'an instance that was upgraded': { until: 'InstanceVerifiedHealthy' },
  'an instance whose upgrade is under way': {
    until: 'DeploymentAccepted',
    lagoon: { buildSeconds: ENDLESS },
  },
  'an instance that failed in the pre-upgrade stage': {
    until: 'PreUpgradeFailed',
    lagoon: { deploymentsDisabled: true },
    lagoonAfterwards: { deploymentsDisabled: false },
  },
  'an instance that failed in the upgrade stage': {
    until: 'UpgradeFailed',
    lagoon: { failBuild: 1 },
  },
  'an instance that failed in the post-upgrade stage': {
    until: 'PostUpgradeFailed',
    lagoon: { failTask: 1 },
    registration: { scripts: { postUpgrade: { service: 'cli', command: './after-upgrade.sh' } } },
  },
  'an instance that was found unhealthy after its upgrade': {
    until: 'InstanceFoundUnhealthy',
    lagoon: { healthAfterBuild: 'unhealthy' },
    lagoonAfterwards: { healthAfterBuild: 'healthy' },
  },
};
