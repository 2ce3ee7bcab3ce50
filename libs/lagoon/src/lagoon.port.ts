import type { CallAnswer, DeployAnswer, TaskAnswer } from './lagoon.outcomes';
import type {
  AddTaskRequest,
  BuildTarget,
  DeployBranchRequest,
  DeployLatestRequest,
  DeploymentFilter,
  DeploymentLookup,
  DeployPromoteRequest,
  InvokeTaskRequest,
  SetVariableRequest,
} from './lagoon.requests';
import type {
  EnvironmentService,
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from './lagoon.types';

/**
 * Lagoon as an upgrade needs it.
 *
 * Reads throw LagoonUnavailableError, LagoonRefusedError, LagoonUnauthenticatedError or LagoonAnswerError.
 * They repeat nothing but, once, a read whose token was not accepted: anything else the caller decides.
 * Mutations are sent at most once, never repeated, and never throw: whatever happens is accepted,
 * refused (surely without effect) or ambiguous (look up by marker first).
 * Every call ends within 20 s, or at once when `signal` aborts.
 */
export abstract class Lagoon {
  /** Null if the project or the environment does not exist, is deleted, or may not be seen. */
  abstract findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null>;

  /**
   * Many environments in one request per 50, answered in the order of the targets. Null as in
   * `findEnvironment`; undefined if Lagoon gave no usable answer for this one, which says nothing about it.
   * Throws only if no target got an answer.
   */
  abstract findEnvironments(
    targets: readonly EnvironmentTarget[],
    signal?: AbortSignal,
  ): Promise<(LagoonEnvironment | null | undefined)[]>;

  /** Builds what the environment already is again; never creates an environment. */
  abstract deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer>;

  /** Builds a branch, or a commit or tag of it; Lagoon creates the environment if it is missing. */
  abstract deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer>;

  /** Runs the images of another environment; the destination is of deploy type `promote` ever after. */
  abstract deployPromote(request: DeployPromoteRequest, signal: AbortSignal): Promise<DeployAnswer>;

  /**
   * Accepted only means that the wish was queued: the build row tells what came of it, and a build that had
   * ended stays as it was. Refused `not-cancellable` if Lagoon answered with an error as a value.
   */
  abstract cancelDeployment(target: BuildTarget, signal: AbortSignal): Promise<CallAnswer>;

  /** Newest first. LagoonRefusedError `not-found` if the environment is gone: that is not "no build". */
  abstract deploymentsOf(
    environmentId: number,
    filter: DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]>;

  /**
   * Many environments in one request per 50, each newest first. An environment Lagoon answered for has an
   * entry, empty if the build is not there; one that it gave no usable answer for has none, and that says
   * nothing about its builds. Throws only if no environment got an answer.
   */
  abstract deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>>;

  /** In no order; empty for an unknown id. Costs Lagoon a scan of its whole table. */
  abstract deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]>;

  /** Runs a command in a new pod of the service. */
  abstract addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer>;

  /**
   * Runs a task that is registered for the environment. The row bears the definition's name, so the marker
   * travels as the argument `UPLIFT_MARKER` if a command task declares it (see `carriesMarker`). Of any
   * other definition a run is known only as the newest task of that name not older than the intent:
   * somebody else's run in the same seconds cannot be told apart.
   */
  abstract invokeRegisteredTask(
    request: InvokeTaskRequest,
    signal: AbortSignal,
  ): Promise<TaskAnswer>;

  /** Accepted only means that the wish was queued; otherwise as `cancelDeployment`. */
  abstract cancelTask(taskId: number, signal: AbortSignal): Promise<CallAnswer>;

  /** What may be invoked in the environment by this user, in no order. */
  abstract registeredTasksOf(
    environmentId: number,
    signal?: AbortSignal,
  ): Promise<RegisteredTask[]>;

  /** Null if there is no such task or it may not be seen. */
  abstract taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null>;

  /** Newest first. LagoonRefusedError `not-found` if the environment is gone. */
  abstract tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]>;

  /** What runs of the environment, in no order. LagoonRefusedError `not-found` if it is gone. */
  abstract servicesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentService[]>;

  /** Variables of the environment itself, without those of its project. Values may be secret. */
  abstract variablesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentVariable[]>;

  /** Creates or changes a variable of the environment; the next build sees it. */
  abstract setVariable(request: SetVariableRequest, signal: AbortSignal): Promise<CallAnswer>;

  /** Wakes the environment; accepted also if it is awake already. Its apps answer only a while later. */
  abstract unidle(environmentId: number, signal: AbortSignal): Promise<CallAnswer>;

  /** The cheapest read that needs a valid token: Lagoon's version text. */
  abstract ping(signal?: AbortSignal): Promise<string>;

  abstract close(): Promise<void>;
}

export type LagoonOperation = Exclude<keyof Lagoon, 'close'>;

/**
 * How an operation is guarded. A `read` may be repeated; of a list with more than
 * ENVIRONMENTS_PER_REQUEST items, `sliced-list` and `sliced-map` make one request for each slice and join the
 * answers; a `batched-read` goes out together with others that are wanted at the same time.
 * A `call` changes something: it is sent once or not at all.
 */
export type OperationKind = 'read' | 'sliced-list' | 'sliced-map' | 'batched-read' | 'call';

export const OPERATIONS = {
  findEnvironment: 'batched-read',
  findEnvironments: 'sliced-list',
  deployLatest: 'call',
  deployBranch: 'call',
  deployPromote: 'call',
  cancelDeployment: 'call',
  deploymentsOf: 'read',
  deploymentsOfMany: 'sliced-map',
  deploymentsByBulkId: 'read',
  addTask: 'call',
  invokeRegisteredTask: 'call',
  cancelTask: 'call',
  registeredTasksOf: 'read',
  taskById: 'read',
  tasksOf: 'read',
  servicesOf: 'read',
  variablesOf: 'read',
  setVariable: 'call',
  unidle: 'call',
  ping: 'read',
} as const satisfies Readonly<Record<LagoonOperation, OperationKind>>;
