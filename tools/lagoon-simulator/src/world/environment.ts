import type { BuildQueue } from './build-queue';
import type { Task } from './task';

/** How the app itself answers. `hang` never answers, `close` breaks the connection. */
export type AppHealth = 'healthy' | 'unhealthy' | 'hang' | 'close';

export interface Project {
  readonly id: number;
  readonly name: string;
  deploymentsDisabled: boolean;
  readonly environments: Map<string, Environment>;
}

/** What a test may set about one environment. */
export interface EnvironmentTraits {
  environmentType: 'production' | 'development';
  deployType: 'branch' | 'pullrequest' | 'promote';
  idleState: string | null;
  /** Builds still to fail; Infinity for all. */
  failBuilds: number;
  /** Tasks still to fail; Infinity for all. */
  failTasks: number;
  buildWarnings: boolean;
  /** Simulated seconds; null: the simulator's default. */
  buildSeconds: number | null;
  health: AppHealth;
  /** The app's health once a build completes; null leaves it as it is. */
  healthAfterBuild: AppHealth | null;
  services: readonly string[];
  deleted: boolean;
}

export interface Environment extends EnvironmentTraits {
  readonly id: number;
  readonly name: string;
  readonly project: Project;
  readonly queue: BuildQueue;
  /** Oldest first. */
  readonly tasks: Task[];
}

export const NEW_ENVIRONMENT: EnvironmentTraits = {
  environmentType: 'production',
  deployType: 'branch',
  idleState: null,
  failBuilds: 0,
  failTasks: 0,
  buildWarnings: false,
  buildSeconds: null,
  health: 'healthy',
  healthAfterBuild: null,
  services: ['cli', 'nginx', 'mariadb'],
  deleted: false,
};
