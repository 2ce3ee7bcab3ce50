import { Lagoon } from '../lagoon.port';
import type {
  CancelAnswer,
  DeployAnswer,
  TaskAnswer,
  UnidleAnswer,
  VariableAnswer,
} from '../lagoon.outcomes';
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
} from '../lagoon.requests';
import type {
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import { slicesOf } from '../graphql/batched-lookup';
import { ENVIRONMENTS_PER_REQUEST } from '../lagoon.requests';
import { BatchedEnvironments } from './batched-environments';
import type { CoreGate } from './core-gate';

type Environments = (LagoonEnvironment | null | undefined)[];

/**
 * The Lagoon of one core behind its gate. Reads may be repeated and throw LagoonCircuitOpenError while the core
 * is away; mutations are sent once, or not at all: then they are refused `not-sent`.
 */
export class GuardedLagoon extends Lagoon {
  private readonly batched = new BatchedEnvironments((targets) => this.askFor(targets));

  constructor(
    private readonly lagoon: Lagoon,
    private readonly gate: CoreGate,
  ) {
    super();
  }

  findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null> {
    return this.batched.find(target, signal);
  }

  async findEnvironments(
    targets: readonly EnvironmentTarget[],
    signal?: AbortSignal,
  ): Promise<Environments> {
    const found: Environments = [];
    for (const slice of slicesOf(targets, ENVIRONMENTS_PER_REQUEST)) {
      found.push(...(await this.readEnvironments(slice, signal)));
    }
    return found;
  }

  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.gate.mutate('deployLatest', signal, (s) => this.lagoon.deployLatest(request, s));
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.gate.mutate('deployBranch', signal, (s) => this.lagoon.deployBranch(request, s));
  }

  deployPromote(request: DeployPromoteRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.gate.mutate('deployPromote', signal, (s) => this.lagoon.deployPromote(request, s));
  }

  cancelDeployment(target: BuildTarget, signal: AbortSignal): Promise<CancelAnswer> {
    const send = (s: AbortSignal) => this.lagoon.cancelDeployment(target, s);
    return this.gate.mutate('cancelDeployment', signal, send);
  }

  deploymentsOf(
    environmentId: number,
    filter: DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]> {
    const send = (s: AbortSignal) => this.lagoon.deploymentsOf(environmentId, filter, s);
    return this.gate.read('deploymentsOf', signal, send);
  }

  async deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>> {
    const found = new Map<number, LagoonDeployment[]>();
    for (const slice of slicesOf(lookups, ENVIRONMENTS_PER_REQUEST)) {
      const send = (s: AbortSignal) => this.lagoon.deploymentsOfMany(slice, s);
      const part = await this.gate.read('deploymentsOfMany', signal, send);
      part.forEach((rows, id) => found.set(id, [...(found.get(id) ?? []), ...rows]));
    }
    return found;
  }

  deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]> {
    const send = (s: AbortSignal) => this.lagoon.deploymentsByBulkId(bulkId, s);
    return this.gate.read('deploymentsByBulkId', signal, send);
  }

  addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    return this.gate.mutate('addTask', signal, (s) => this.lagoon.addTask(request, s));
  }

  invokeRegisteredTask(request: InvokeTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const send = (s: AbortSignal) => this.lagoon.invokeRegisteredTask(request, s);
    return this.gate.mutate('invokeRegisteredTask', signal, send);
  }

  cancelTask(taskId: number, signal: AbortSignal): Promise<CancelAnswer> {
    return this.gate.mutate('cancelTask', signal, (s) => this.lagoon.cancelTask(taskId, s));
  }

  registeredTasksOf(environmentId: number, signal?: AbortSignal): Promise<RegisteredTask[]> {
    const send = (s: AbortSignal) => this.lagoon.registeredTasksOf(environmentId, s);
    return this.gate.read('registeredTasksOf', signal, send);
  }

  taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null> {
    return this.gate.read('taskById', signal, (s) => this.lagoon.taskById(taskId, s));
  }

  tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]> {
    const send = (s: AbortSignal) => this.lagoon.tasksOf(environmentId, filter, s);
    return this.gate.read('tasksOf', signal, send);
  }

  variablesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentVariable[]> {
    return this.gate.read('variablesOf', signal, (s) => this.lagoon.variablesOf(environmentId, s));
  }

  setVariable(request: SetVariableRequest, signal: AbortSignal): Promise<VariableAnswer> {
    return this.gate.mutate('setVariable', signal, (s) => this.lagoon.setVariable(request, s));
  }

  idleStateOf(environmentId: number, signal?: AbortSignal): Promise<string | null> {
    return this.gate.read('idleStateOf', signal, (s) => this.lagoon.idleStateOf(environmentId, s));
  }

  unidle(environmentId: number, signal: AbortSignal): Promise<UnidleAnswer> {
    return this.gate.mutate('unidle', signal, (s) => this.lagoon.unidle(environmentId, s));
  }

  routesOf(environmentId: number, signal?: AbortSignal): Promise<string[]> {
    return this.gate.read('routesOf', signal, (s) => this.lagoon.routesOf(environmentId, s));
  }

  ping(signal?: AbortSignal): Promise<string> {
    return this.gate.read('ping', signal, (s) => this.lagoon.ping(s));
  }

  close(): Promise<void> {
    return this.lagoon.close();
  }

  private readEnvironments(
    targets: readonly EnvironmentTarget[],
    signal: AbortSignal | undefined,
  ): Promise<Environments> {
    const send = (s: AbortSignal) => this.lagoon.findEnvironments(targets, s);
    return this.gate.read('findEnvironments', signal, send);
  }

  private async askFor(targets: readonly EnvironmentTarget[]): Promise<Environments> {
    const [target, ...others] = targets;
    if (target === undefined || others.length > 0) return this.readEnvironments(targets, undefined);
    const send = (s: AbortSignal) => this.lagoon.findEnvironment(target, s);
    return [await this.gate.read('findEnvironment', undefined, send)];
  }
}
