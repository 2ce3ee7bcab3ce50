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
import { NOT_FOUND, refusalBefore, UNREACHABLE } from './in-memory.refusals';
import { LagoonScript } from './lagoon-script';

export interface InMemoryCall {
  readonly operation: string;
  readonly input: unknown;
}

/** Lagoon in memory, of equal standing with the adapter. `script` says what happens next. */
export class InMemoryLagoon extends Lagoon {
  readonly script = new LagoonScript();
  /** Every call that came in, oldest first. */
  readonly calls: InMemoryCall[] = [];

  findEnvironment(target: EnvironmentTarget): Promise<LagoonEnvironment | null> {
    return this.read('findEnvironment', target, () => this.script.find(target)?.facts ?? null);
  }

  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const environment = this.script.byId(request.environmentId);
    return this.deploy({ operation: 'deployLatest', input: request }, environment, signal);
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const environment = this.script.branchOf(request.project, request.branchName);
    return this.deploy({ operation: 'deployBranch', input: request }, environment, signal);
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
    const environment = this.script.byId(request.environmentId);
    return this.mutate({ operation: 'addTask', input: request }, environment, signal, (owner) => {
      const task = this.script.newTask(owner, request);
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
    environment: InMemoryEnvironment | undefined,
    signal: AbortSignal,
  ): Promise<DeployAnswer> {
    return this.mutate(call, environment, signal, (owner) => {
      const { bulkName, bulkId = null } = call.input;
      return {
        kind: 'accepted',
        buildName: this.script.newDeployment(owner, bulkName, bulkId).name,
      };
    });
  }

  private mutate<A>(
    call: InMemoryCall,
    environment: InMemoryEnvironment | undefined,
    signal: AbortSignal,
    effect: (environment: InMemoryEnvironment) => A,
  ): Promise<A | Refused | Ambiguous> {
    this.calls.push(call);
    const refusal = refusalBefore(call.operation, environment, signal);
    if (this.script.unavailable) return Promise.resolve(UNREACHABLE);
    const scripted = this.script.takeAnswer();
    if (scripted !== null && !scripted.lands) return Promise.resolve(scripted.answer);
    if (refusal !== null || environment === undefined) return Promise.resolve(refusal ?? NOT_FOUND);
    const accepted = effect(environment);
    return Promise.resolve(scripted === null ? accepted : scripted.answer);
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
