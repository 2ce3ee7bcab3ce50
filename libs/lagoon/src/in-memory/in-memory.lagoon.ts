import { LagoonRefusedError, LagoonUnavailableError } from '../lagoon.errors';
import { Lagoon } from '../lagoon.port';
import type {
  AddTaskRequest,
  Ambiguous,
  DeployAnswer,
  DeployBranchRequest,
  DeployLatestRequest,
  DeploymentFilter,
  DeploymentLookup,
  EnvironmentTarget,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  Refused,
  TaskAnswer,
} from '../lagoon.types';
import type { InMemoryEnvironment } from './in-memory.environment';
import { disabled, NOT_FOUND, NOT_SENT, UNREACHABLE } from './in-memory.refusals';
import { LagoonScript } from './lagoon-script';

export interface InMemoryCall {
  readonly operation: string;
  readonly input: unknown;
}

type EnvironmentFinder = () => InMemoryEnvironment | undefined;

/** Lagoon in memory, of equal standing with the adapter. `script` says what happens next. */
export class InMemoryLagoon extends Lagoon {
  readonly script = new LagoonScript();
  /** Every call that came in, oldest first. */
  readonly calls: InMemoryCall[] = [];

  findEnvironment(target: EnvironmentTarget): Promise<LagoonEnvironment | null> {
    return this.read('findEnvironment', target, () => this.script.find(target)?.shown ?? null);
  }

  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const owner = () => this.script.byId(request.environmentId);
    return this.deploy({ operation: 'deployLatest', input: request }, owner, signal);
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const owner = () => this.script.branchOf(request.project, request.branchName);
    return this.deploy({ operation: 'deployBranch', input: request }, owner, signal);
  }

  deploymentsOf(environmentId: number, filter: DeploymentFilter): Promise<LagoonDeployment[]> {
    return this.read('deploymentsOf', { environmentId, ...filter }, () =>
      newest(this.existing(environmentId).deployments, filter.limit, filter.name),
    );
  }

  deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
  ): Promise<Map<number, LagoonDeployment[]>> {
    return this.read('deploymentsOfMany', lookups, () => {
      const found = new Map<number, LagoonDeployment[]>();
      for (const { environmentId, name } of lookups) {
        const environment = this.script.byId(environmentId);
        if (environment === undefined) continue;
        const rows = newest(environment.deployments, 1, name);
        found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows]);
      }
      return found;
    });
  }

  deploymentsByBulkId(bulkId: string): Promise<LagoonDeployment[]> {
    return this.read('deploymentsByBulkId', { bulkId }, () =>
      this.script.allDeployments().filter((row) => row.bulkId === bulkId),
    );
  }

  addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const call = { operation: 'addTask', input: request };
    const owner = () => this.script.byId(request.environmentId);
    return this.mutate(call, owner, signal, (environment) => {
      const task = this.script.newTask(environment, request);
      return { kind: 'accepted', taskId: task.id, taskName: task.taskName };
    });
  }

  taskById(taskId: number): Promise<LagoonTask | null> {
    return this.read('taskById', { taskId }, () => {
      const task = this.script.allTasks().find(({ id }) => id === taskId);
      return task === undefined ? null : { ...task };
    });
  }

  tasksOf(environmentId: number, filter: { readonly limit: number }): Promise<LagoonTask[]> {
    return this.read('tasksOf', { environmentId, ...filter }, () =>
      newest(this.existing(environmentId).tasks, filter.limit),
    );
  }

  routesOf(environmentId: number): Promise<string[]> {
    return this.read('routesOf', { environmentId }, () => [
      ...this.existing(environmentId).facts.routes,
    ]);
  }

  ping(): Promise<string> {
    return this.read('ping', {}, () => 'in-memory');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private deploy(
    call: InMemoryCall & { readonly input: { bulkName: string; bulkId?: string } },
    owner: EnvironmentFinder,
    signal: AbortSignal,
  ): Promise<DeployAnswer> {
    return this.mutate(call, owner, signal, (environment) => {
      const { bulkName, bulkId = null } = call.input;
      const { name } = this.script.newDeployment(environment, bulkName, bulkId);
      return { kind: 'accepted', buildName: name };
    });
  }

  private async mutate<A>(
    call: InMemoryCall,
    owner: EnvironmentFinder,
    signal: AbortSignal,
    effect: (environment: InMemoryEnvironment) => A,
  ): Promise<A | Refused | Ambiguous> {
    this.calls.push(call);
    await Promise.resolve();
    if (signal.aborted) return NOT_SENT;
    if (this.script.unavailable) return UNREACHABLE;
    const scripted = this.script.takeAnswer();
    if (scripted?.lands === false) return scripted.answer;
    const carriedOut = carryOut(call.operation, owner(), effect);
    return scripted?.answer ?? carriedOut;
  }

  private async read<T>(operation: string, input: unknown, answer: () => T): Promise<T> {
    this.calls.push({ operation, input });
    await Promise.resolve();
    if (this.script.unavailable) throw new LagoonUnavailableError('scripted to be unavailable');
    return answer();
  }

  private existing(environmentId: number): InMemoryEnvironment {
    const environment = this.script.byId(environmentId);
    if (environment !== undefined) return environment;
    throw new LagoonRefusedError('not-found', 'the environment does not exist', false);
  }
}

function carryOut<A>(
  operation: string,
  environment: InMemoryEnvironment | undefined,
  effect: (environment: InMemoryEnvironment) => A,
): A | Refused {
  if (environment === undefined) return NOT_FOUND;
  return environment.facts.deploymentsDisabled ? disabled(operation) : effect(environment);
}

function newest<T extends { readonly name: string }>(
  rows: readonly T[],
  limit: number,
  name?: string,
): T[] {
  return rows
    .filter((row) => name === undefined || row.name === name)
    .reverse()
    .slice(0, limit)
    .map((row) => ({ ...row }));
}
