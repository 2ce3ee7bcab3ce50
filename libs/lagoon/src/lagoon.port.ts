import type {
  AddTaskRequest,
  DeployAnswer,
  DeployBranchRequest,
  DeployLatestRequest,
  DeploymentFilter,
  DeploymentLookup,
  EnvironmentTarget,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  TaskAnswer,
} from './lagoon.types';

/**
 * Lagoon as an upgrade needs it.
 *
 * Reads throw LagoonUnavailableError, LagoonRefusedError, LagoonUnauthenticatedError or LagoonAnswerError,
 * and repeat nothing: the caller decides. Mutations are sent at most once, never repeated, and never throw:
 * whatever happens is accepted, refused (surely without effect) or ambiguous (look up by marker first).
 * Every call ends within 20 s, or at once when `signal` aborts.
 */
export abstract class Lagoon {
  /** Null if the project or the environment does not exist, is deleted, or may not be seen. */
  abstract findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null>;

  /** Builds what the environment already is again; never creates an environment. */
  abstract deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer>;

  /** Builds a commit or tag of a branch; Lagoon creates the environment if it is missing. */
  abstract deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer>;

  /** Newest first. LagoonRefusedError `not-found` if the environment is gone: that is not "no build". */
  abstract deploymentsOf(
    environmentId: number,
    filter: DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]>;

  /**
   * Many environments in one request per 50. An environment Lagoon answered for has an entry, empty if the
   * build is not there; one that Lagoon did not answer for has none, and that says nothing about its build.
   */
  abstract deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>>;

  /** In no order; empty for an unknown id. Costs Lagoon a scan of its whole table. */
  abstract deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]>;

  /** Runs a command in a new pod of the service. */
  abstract addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer>;

  /** Null if there is no such task or it may not be seen. */
  abstract taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null>;

  /** Newest first. LagoonRefusedError `not-found` if the environment is gone. */
  abstract tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]>;

  /** URLs of the environment, the primary one first. LagoonRefusedError `not-found` if it is gone. */
  abstract routesOf(environmentId: number, signal?: AbortSignal): Promise<string[]>;

  /** The cheapest read that needs a valid token: Lagoon's version text. */
  abstract ping(signal?: AbortSignal): Promise<string>;

  abstract close(): Promise<void>;
}
