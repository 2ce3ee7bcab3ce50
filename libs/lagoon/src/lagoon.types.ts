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
  /** What it is built from: the branch, for a promotion the source environment; null if Lagoon named none. */
  readonly deployBaseRef: string | null;
  /** True if Lagoon would refuse every deployment of this project. */
  readonly deploymentsDisabled: boolean;
  /** `NO_DEPLOYMENTS` if that is why; null otherwise. */
  readonly restriction: string | null;
  /** False if Lagoon neither idles this environment by itself nor lets anybody idle or unidle it. */
  readonly autoIdle: boolean;
  /** Lagoon's own word, for example `idled`; null if it said nothing. */
  readonly idleState: string | null;
  /** The first URL that Lagoon names for this environment alone; null if there is none. */
  readonly route: string | null;
  /** What Lagoon names as its URLs, the primary one first. */
  readonly routes: readonly EnvironmentRoute[];
  /** Name of the newest build as long as it has not ended, whoever asked for it; null if none is under way. */
  readonly activeBuild: string | null;
  /** How the newest build stands, in Lagoon's own word; null if there never was one. */
  readonly newestStatus: string | null;
}

/** A service of an environment, as the cluster last told Lagoon. */
export interface EnvironmentService {
  readonly name: string;
  /** Null: not known. */
  readonly replicas: number | null;
}

/** What Lagoon calls a route of an environment: a URL, or what it wrote in place of one. */
export interface EnvironmentRoute {
  readonly text: string;
  /** Another environment of the project that has the same route; null if there is none. */
  readonly alsoOf: string | null;
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
  /** Of an added task the caller's text, our marker; of a registered task the definition's name. */
  readonly name: string;
  /** Lagoon's own name of the task. */
  readonly taskName: string | null;
  readonly status: string;
  readonly service: string | null;
  /** What runs, with the values of its arguments in front; null for an image task. */
  readonly command: string | null;
  readonly created: string | null;
  readonly started: string | null;
  readonly completed: string | null;
}

/** A task that somebody registered for the environment, its project, its group or all of Lagoon. */
export interface RegisteredTask {
  readonly id: number;
  readonly name: string;
  /** True if a run of it can carry our marker. */
  readonly takesMarker: boolean;
}

/** A variable of one environment, as the next build will see it. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  /** Lagoon's own word in upper case: `BUILD`, `RUNTIME`, `GLOBAL`, `CONTAINER_REGISTRY`, or a later one. */
  readonly scope: string;
}

export type DeploymentPhase = 'active' | 'complete' | 'failed' | 'cancelled';

const TERMINAL: ReadonlyMap<string, DeploymentPhase> = new Map([
  ['complete', 'complete'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['cancelled', 'cancelled'],
]);

/** What a build status means for us. A word of a later Lagoon is not an end. */
export function deploymentPhase(status: string): DeploymentPhase {
  return TERMINAL.get(status.toLowerCase()) ?? 'active';
}

/** A build that succeeded with warnings says so in its last step. */
export function completedWithWarnings(buildStep: string | null): boolean {
  return buildStep?.endsWith('WithWarnings') ?? false;
}

/** What a task status means for us, words of older Lagoons included. */
export function taskPhase(status: string): DeploymentPhase {
  return status.toLowerCase() === 'succeeded' ? 'complete' : deploymentPhase(status);
}

/** The argument of a registered command task that takes our marker. */
export const MARKER_ARGUMENT = 'UPLIFT_MARKER';

const MARKER = /^[\w .:@-]{1,100}$/;

/** True if the text may become a part of a command. */
export function isSafeMarker(marker: string): boolean {
  return MARKER.test(marker);
}

/** True if the task is the one that was added under this name or invoked with this marker. */
export function carriesMarker(
  { name, command }: Pick<LagoonTask, 'name' | 'command'>,
  marker: string,
): boolean {
  return name === marker || (command ?? '').includes(`${MARKER_ARGUMENT}="${marker}"`);
}
