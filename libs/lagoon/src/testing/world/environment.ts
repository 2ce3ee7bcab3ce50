import type { BuildQueue } from './build-queue';
import type { BuildTraits } from './builds';
import type { TaskDefinition, Task } from './tasks';
import type { Variable } from './variables';

/** How the app itself answers. `hang` never answers, `close` breaks the connection. */
export type AppHealth = 'healthy' | 'unhealthy' | 'hang' | 'close';

export type Restriction = 'NO_DEPLOYMENTS' | 'NO_PROJECT_VARIABLES' | 'NO_ENVIRONMENT_VARIABLES';

export interface Project {
  readonly id: number;
  readonly name: string;
  deploymentsDisabled: boolean;
  restrictions: readonly Restriction[];
  readonly environments: Map<string, Environment>;
  /** Deleted environments that have the name of another one. */
  readonly twins: Environment[];
  readonly variables: Map<string, Variable>;
}

/** What a test may set about one environment. */
export interface EnvironmentTraits {
  environmentType: 'production' | 'development';
  deployType: 'branch' | 'pullrequest' | 'promote';
  /** The branch it is built from, for a promotion the source; null: what its name says. Empty: Lagoon lost it. */
  deployBaseRef: string | null;
  /** False: the caller lacks the role to deploy to it. */
  mayDeploy: boolean;
  /** `active`, or Lagoon's word for an app that was put to sleep. */
  idleState: string;
  autoIdle: boolean;
  /** Simulated seconds from the order to unidle until the app is awake. */
  wakeSeconds: number;
  /** Builds still to fail; Infinity for all. */
  failBuilds: number;
  /** Tasks still to fail; Infinity for all. */
  failTasks: number;
  /** Simulated seconds of a task; null: the simulator's default. */
  taskSeconds: number | null;
  /** A cancel of a task is answered "success", and it goes on to its end. */
  ignoresTaskCancel: boolean;
  buildWarnings: boolean;
  /** Simulated seconds; null: the simulator's default. */
  buildSeconds: number | null;
  /** What is odd about all its builds. */
  buildTraits: Partial<BuildTraits>;
  /** What is odd about the next builds, one entry each. */
  nextBuilds: readonly Partial<BuildTraits>[];
  health: AppHealth;
  /** The app's health once a build completes; null leaves it as it is. */
  healthAfterBuild: AppHealth | null;
  /** The app's health once a build is cancelled while it runs; null leaves it as it is. */
  healthAfterCancel: AppHealth | null;
  /** Its URLs, the primary one first; null: one made of its names. */
  routes: readonly string[] | null;
  /** What its next readers are told instead, one entry each. */
  nextRoutes: readonly (readonly string[])[];
  services: readonly string[];
  /** Services of which no pod runs. */
  stoppedServices: readonly string[];
  registeredTasks: readonly TaskDefinition[];
  deleted: boolean;
}

export interface Environment extends EnvironmentTraits {
  readonly id: number;
  readonly name: string;
  readonly createdAt: number;
  readonly project: Project;
  readonly queue: BuildQueue;
  /** Oldest first. */
  readonly tasks: Task[];
  readonly variables: Map<string, Variable>;
}

export const NEW_ENVIRONMENT: EnvironmentTraits = {
  environmentType: 'production',
  deployType: 'branch',
  deployBaseRef: null,
  mayDeploy: true,
  idleState: 'active',
  autoIdle: true,
  wakeSeconds: 10,
  failBuilds: 0,
  failTasks: 0,
  taskSeconds: null,
  ignoresTaskCancel: false,
  buildWarnings: false,
  buildSeconds: null,
  buildTraits: {},
  nextBuilds: [],
  health: 'healthy',
  healthAfterBuild: null,
  healthAfterCancel: null,
  routes: null,
  nextRoutes: [],
  services: ['cli', 'nginx', 'mariadb'],
  stoppedServices: [],
  registeredTasks: [],
  deleted: false,
};
