/** How a Lagoon environment is addressed by people: by names, never by position. */
export interface EnvironmentTarget {
  readonly project: string;
  readonly environment: string;
}

/** What Lagoon says about one environment that is not deleted. */
export interface LagoonEnvironment {
  readonly projectId: number;
  readonly environmentId: number;
  readonly environmentType: 'production' | 'development';
  /** Lagoon's own word: `branch`, `pullrequest`, `promote`, or a later one. */
  readonly deployType: string;
  /** True if Lagoon would refuse every deployment of this project. */
  readonly deploymentsDisabled: boolean;
  /** Lagoon's own word, for example `idled`; null if it said nothing. */
  readonly idleState: string | null;
  /** Primary URL; null if Lagoon named none. */
  readonly route: string | null;
  readonly routes: readonly string[];
  /** Name of the newest build as long as it has not ended, whoever asked for it; null if none is under way. */
  readonly activeBuild: string | null;
}

/** One build row. Times are RFC 3339 in UTC with one-second resolution. */
export interface LagoonDeployment {
  readonly id: number;
  /** The build name, unique only within its environment and only in practice. */
  readonly name: string;
  /** Lagoon's own word in lower case; words of later versions are passed on. */
  readonly status: string;
  readonly buildStep: string | null;
  readonly created: string | null;
  readonly started: string | null;
  readonly completed: string | null;
  readonly bulkId: string | null;
  /** Our marker, if the build is ours. */
  readonly bulkName: string | null;
}

/** One task row. */
export interface LagoonTask {
  readonly id: number;
  /** The caller's text: our marker, if the task is ours. */
  readonly name: string;
  /** Lagoon's own name of the task. */
  readonly taskName: string | null;
  readonly status: string;
  readonly service: string | null;
  readonly created: string | null;
  readonly started: string | null;
  readonly completed: string | null;
}

/** Why Lagoon said no, in our words; `reason` beside it is Lagoon's own text, redacted and cut. */
export type RefusalCause =
  | 'permission'
  | 'not-found'
  | 'configuration'
  | 'disabled'
  | 'quota'
  | 'unauthenticated'
  | 'invalid-request'
  | 'not-sent';

export interface Refused {
  readonly kind: 'refused';
  readonly cause: RefusalCause;
  readonly reason: string;
  /** True if the same call may be accepted later without anybody changing Lagoon's configuration. */
  readonly retryable: boolean;
}

/** Nobody can tell from this answer whether the effect happened: look up before anything else. */
export interface Ambiguous {
  readonly kind: 'ambiguous';
  /** Redacted shape of what came back, at most 500 characters. */
  readonly evidence: string;
}

export interface DeployAccepted {
  readonly kind: 'accepted';
  readonly buildName: string;
}

export interface TaskAccepted {
  readonly kind: 'accepted';
  readonly taskId: number;
  readonly taskName: string | null;
}

export type DeployAnswer = DeployAccepted | Refused | Ambiguous;
export type TaskAnswer = TaskAccepted | Refused | Ambiguous;

export interface BuildVariable {
  readonly name: string;
  readonly value: string;
}

export interface DeployLatestRequest {
  readonly environmentId: number;
  /** The marker, at most 100 characters. */
  readonly bulkName: string;
  readonly buildVariables?: readonly BuildVariable[];
}

export interface DeployBranchRequest {
  readonly project: string;
  readonly branchName: string;
  /** Commit or tag; Lagoon forgets it after this build. */
  readonly branchRef: string;
  /** At most 50 characters. */
  readonly bulkId?: string;
  /** The marker, at most 100 characters. */
  readonly bulkName: string;
}

export interface AddTaskRequest {
  readonly environmentId: number;
  /** The marker, at most 100 characters. */
  readonly name: string;
  readonly service: string;
  readonly command: string;
}

/** One build to look up: by name, or without a name the newest of the environment. */
export interface DeploymentLookup {
  readonly environmentId: number;
  readonly name?: string;
}

export interface DeploymentFilter {
  readonly limit: number;
  readonly name?: string;
}
