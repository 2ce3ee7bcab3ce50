import type { DeploymentFilter, DeploymentLookup } from '../lagoon.requests';
import { DEFAULT_LOOKUP_ROWS } from '../lagoon.requests';
import type {
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import { InMemoryCalls } from './in-memory.calls';

/** What the twin answers to reads: copies, so that a row once read stays as it was. */
export abstract class InMemoryReads extends InMemoryCalls {
  findEnvironment(target: EnvironmentTarget): Promise<LagoonEnvironment | null> {
    return this.read('findEnvironment', target, () => this.shown(target));
  }

  findEnvironments(
    targets: readonly EnvironmentTarget[],
  ): Promise<(LagoonEnvironment | null | undefined)[]> {
    return this.read('findEnvironments', targets, () =>
      targets.map((target) => (this.script.isHidden(target) ? undefined : this.shown(target))),
    );
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
      for (const { environmentId, name, limit = DEFAULT_LOOKUP_ROWS } of lookups) {
        const environment = this.script.byId(environmentId);
        if (environment === undefined || this.script.isHidden(environment.target)) continue;
        const rows = newest(environment.deployments, limit, name);
        found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows]);
      }
      return found;
    });
  }

  deploymentsByBulkId(bulkId: string): Promise<LagoonDeployment[]> {
    return this.read('deploymentsByBulkId', { bulkId }, () => {
      const rows = this.script.allDeployments().filter((row) => row.bulkId === bulkId);
      return rows.map((row) => ({ ...row }));
    });
  }

  taskById(taskId: number): Promise<LagoonTask | null> {
    return this.read('taskById', { taskId }, () => {
      const task = this.script.taskById(taskId);
      return task === undefined ? null : { ...task };
    });
  }

  tasksOf(environmentId: number, filter: { readonly limit: number }): Promise<LagoonTask[]> {
    return this.read('tasksOf', { environmentId, ...filter }, () =>
      newest(this.existing(environmentId).tasks, filter.limit),
    );
  }

  registeredTasksOf(environmentId: number): Promise<RegisteredTask[]> {
    return this.read('registeredTasksOf', { environmentId }, () => [
      ...this.existing(environmentId).registeredTasks,
    ]);
  }

  variablesOf(environmentId: number): Promise<EnvironmentVariable[]> {
    return this.read('variablesOf', { environmentId }, () => [
      ...this.existing(environmentId).variables.values(),
    ]);
  }

  idleStateOf(environmentId: number): Promise<string | null> {
    const state = () => this.existing(environmentId).facts.idleState;
    return this.read('idleStateOf', { environmentId }, state);
  }

  routesOf(environmentId: number): Promise<string[]> {
    return this.read('routesOf', { environmentId }, () => [
      ...this.existing(environmentId).facts.routes,
    ]);
  }

  ping(): Promise<string> {
    return this.read('ping', {}, () => 'in-memory');
  }

  private shown(target: EnvironmentTarget): LagoonEnvironment | null {
    return this.script.find(target)?.shown ?? null;
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
