import type { BuildTraits } from '../world/build-traits';
import type { EnvironmentTraits, Restriction } from '../world/environment';

export interface EnvironmentSpec extends Partial<
  Omit<EnvironmentTraits, 'failBuilds' | 'failTasks'>
> {
  readonly project: string;
  readonly environment: string;
  /** True: all; a number: the next so many. */
  readonly failBuild?: boolean | number;
  readonly failTask?: boolean | number;
  /** Short for `health: unhealthy`. */
  readonly unhealthy?: boolean;
  /** Of the whole project. */
  readonly deploymentsDisabled?: boolean;
  readonly restrictions?: readonly Restriction[];
  /** Puts a deleted environment of the same name beside it. */
  readonly deletedTwin?: boolean;
}

/** A build that somebody else starts. */
export interface BuildSpec extends Partial<BuildTraits> {
  readonly project: string;
  readonly environment: string;
  readonly bulkName?: string;
  readonly bulkId?: string;
}

/** Names a build. */
export interface BuildName {
  readonly project: string;
  readonly environment: string;
  readonly name: string;
}

export interface AccountSpec {
  /** True: the caller has a platform role, and may set `bulkId` and `priority`. */
  readonly platformRole: boolean;
}
