import type { DeploymentFilter, DeploymentLookup } from '../lagoon.requests';
import type {
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import {
  deploymentOf,
  environmentIn,
  registeredTaskOf,
  routesIn,
  taskOf,
  variableOf,
} from './answer-mapping';
import { DEPLOYMENTS_OF_MANY, FIND_ENVIRONMENTS } from './batch.documents';
import { GraphqlCalls } from './graphql.calls';
import * as documents from './lagoon.documents';

/** Lagoon's queries. */
export abstract class GraphqlReads extends GraphqlCalls {
  async findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null> {
    const variables = { project: target.project };
    const project = await this.readIfFound(documents.FIND_ENVIRONMENT, variables, signal);
    return project === null ? null : environmentIn(project, target);
  }

  async findEnvironments(
    targets: readonly EnvironmentTarget[],
    signal?: AbortSignal,
  ): Promise<(LagoonEnvironment | null | undefined)[]> {
    const projects = await this.readMany(FIND_ENVIRONMENTS, targets, signal);
    return targets.map((target, slot) => {
      const project = projects[slot];
      return project ? environmentIn(project, target) : project;
    });
  }

  async deploymentsOf(
    environmentId: number,
    filter: DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]> {
    const variables = { environment: environmentId, name: filter.name, limit: filter.limit };
    const answer = await this.readEnvironment(documents.DEPLOYMENTS_OF, variables, signal);
    return answer.deployments.map(deploymentOf);
  }

  async deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>> {
    const answers = await this.readMany(DEPLOYMENTS_OF_MANY, lookups, signal);
    const found = new Map<number, LagoonDeployment[]>();
    for (const [slot, { environmentId }] of lookups.entries()) {
      const rows = answers[slot]?.deployments.map(deploymentOf);
      if (rows) found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows]);
    }
    return found;
  }

  async deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]> {
    const rows = await this.read(documents.DEPLOYMENTS_BY_BULK_ID, { bulkId }, signal);
    return rows.map(deploymentOf);
  }

  async taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null> {
    const task = await this.readIfFound(documents.TASK_BY_ID, { id: taskId }, signal);
    return task === null ? null : taskOf(task);
  }

  async tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]> {
    const variables = { environment: environmentId, limit: filter.limit };
    const answer = await this.readEnvironment(documents.TASKS_OF, variables, signal);
    return answer.tasks.map(taskOf);
  }

  async registeredTasksOf(environmentId: number, signal?: AbortSignal): Promise<RegisteredTask[]> {
    const variables = { environment: environmentId };
    const rows = await this.readEnvironment(documents.REGISTERED_TASKS_OF, variables, signal);
    return rows.map(registeredTaskOf);
  }

  async variablesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentVariable[]> {
    const variables = { environment: environmentId };
    const answer = await this.readEnvironment(documents.VARIABLES_OF, variables, signal);
    return answer.envVariables.map(variableOf);
  }

  async idleStateOf(environmentId: number, signal?: AbortSignal): Promise<string | null> {
    const variables = { environment: environmentId };
    const answer = await this.readEnvironment(documents.IDLE_STATE_OF, variables, signal);
    return answer.idleState ?? null;
  }

  async routesOf(environmentId: number, signal?: AbortSignal): Promise<string[]> {
    const variables = { environment: environmentId };
    return routesIn(await this.readEnvironment(documents.ROUTES_OF, variables, signal));
  }

  ping(signal?: AbortSignal): Promise<string> {
    return this.read(documents.PING, {}, signal);
  }
}
