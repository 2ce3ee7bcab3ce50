import type { Clock } from '@uplift/runtime';
import {
  finalRefusal,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
  passingRefusal,
} from '../lagoon.outcomes';
import type { CallAnswer, DeployAnswer, Refused, TaskAnswer } from '../lagoon.outcomes';
import { Lagoon } from '../lagoon.port';
import type * as requests from '../lagoon.requests';
import type {
  EnvironmentService,
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import { isSafeMarker, MARKER_ARGUMENT } from '../lagoon.types';
import {
  deploymentOf,
  environmentIn,
  registeredTaskOf,
  taskOf,
  variableOf,
} from './answer-mapping';
import { GraphqlClient } from './graphql-client';
import type { GraphqlEndpoint } from './graphql-transport';
import { UNAUTHENTICATED } from './mutation-answer';
import * as mutations from './mutations';
import * as queries from './queries';

/** Lagoon's GraphQL API over HTTP. */
export class GraphqlLagoon extends Lagoon {
  private readonly client: GraphqlClient;

  constructor(endpoint: GraphqlEndpoint, clock: Clock) {
    super();
    this.client = new GraphqlClient(endpoint, clock);
  }

  async findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null> {
    const variables = { project: target.project };
    const project = await this.client.readIfFound(queries.FIND_ENVIRONMENT, variables, signal);
    return project === null ? null : environmentIn(project, target);
  }

  async findEnvironments(
    targets: readonly EnvironmentTarget[],
    signal?: AbortSignal,
  ): Promise<(LagoonEnvironment | null | undefined)[]> {
    const projects = await this.client.readMany(queries.FIND_ENVIRONMENTS, targets, signal);
    return targets.map((target, slot) => {
      const project = projects[slot];
      return project ? environmentIn(project, target) : project;
    });
  }

  async deploymentsOf(
    environmentId: number,
    filter: requests.DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]> {
    const variables = { environment: environmentId, ...filter };
    const answer = await this.client.readEnvironment(queries.DEPLOYMENTS_OF, variables, signal);
    return answer.deployments.map(deploymentOf);
  }

  async deploymentsOfMany(
    lookups: readonly requests.DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>> {
    const answers = await this.client.readMany(queries.DEPLOYMENTS_OF_MANY, lookups, signal);
    const found = new Map<number, LagoonDeployment[]>();
    for (const [slot, { environmentId }] of lookups.entries()) {
      const rows = answers[slot]?.deployments.map(deploymentOf);
      if (rows) found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows]);
    }
    return found;
  }

  async deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]> {
    const rows = await this.client.read(queries.DEPLOYMENTS_BY_BULK_ID, { bulkId }, signal);
    return rows.map(deploymentOf);
  }

  async taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null> {
    const task = await this.client.readIfFound(queries.TASK_BY_ID, { id: taskId }, signal);
    return task === null ? null : taskOf(task);
  }

  async tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]> {
    const variables = { environment: environmentId, ...filter };
    const answer = await this.client.readEnvironment(queries.TASKS_OF, variables, signal);
    return answer.tasks.map(taskOf);
  }

  async registeredTasksOf(environmentId: number, signal?: AbortSignal): Promise<RegisteredTask[]> {
    const variables = { environment: environmentId };
    const rows = await this.client.readEnvironment(queries.REGISTERED_TASKS_OF, variables, signal);
    return rows.map(registeredTaskOf);
  }

  async servicesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentService[]> {
    const variables = { environment: environmentId };
    const answer = await this.client.readEnvironment(queries.SERVICES_OF, variables, signal);
    const rows = answer.services ?? [];
    return rows.map(({ name, replicas = null }) => ({ name, replicas }));
  }

  async variablesOf(environmentId: number, signal?: AbortSignal): Promise<EnvironmentVariable[]> {
    const variables = { environment: environmentId };
    const answer = await this.client.readEnvironment(queries.VARIABLES_OF, variables, signal);
    return answer.envVariables.map(variableOf);
  }

  ping(signal?: AbortSignal): Promise<string> {
    return this.client.read(queries.PING, {}, signal);
  }

  deployLatest(request: requests.DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { environmentId, ...rest } = request;
    const input = { ...rest, environment: { id: environmentId }, returnData: true };
    return this.client.mutate(mutations.DEPLOY_LATEST, { input }, signal);
  }

  deployBranch(request: requests.DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { project, ...rest } = request;
    const input = { ...rest, project: { name: project }, returnData: true };
    return this.client.mutate(mutations.DEPLOY_BRANCH, { input }, signal);
  }

  deployPromote(
    request: requests.DeployPromoteRequest,
    signal: AbortSignal,
  ): Promise<DeployAnswer> {
    const { project: name, sourceEnvironment, ...rest } = request;
    const project = { name };
    const source = { name: sourceEnvironment, project };
    const input = { ...rest, project, sourceEnvironment: source, returnData: true };
    return this.client.mutate(mutations.DEPLOY_PROMOTE, { input }, signal);
  }

  cancelDeployment(
    { environmentId, buildName }: requests.BuildTarget,
    signal: AbortSignal,
  ): Promise<CallAnswer> {
    const deployment = { name: buildName, environment: { id: environmentId } };
    return this.client.mutate(mutations.CANCEL_DEPLOYMENT, { input: { deployment } }, signal);
  }

  addTask(request: requests.AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId, ...rest } = request;
    const input = { ...rest, environment: environmentId, execute: true };
    return this.client.mutate(mutations.ADD_TASK, { input }, signal);
  }

  invokeRegisteredTask(
    request: requests.InvokeTaskRequest,
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const { environmentId: environment, taskDefinitionId: definition, marker } = request;
    return this.client.within(signal, (shared) =>
      readFirst<TaskAnswer>(async () => {
        if (!isSafeMarker(marker)) return UNSAFE_MARKER;
        const registered = await this.registeredTasksOf(environment, shared);
        const task = registered.find(({ id }) => id === definition);
        if (task === undefined) return NOT_REGISTERED;
        const given = { advancedTaskDefinitionArgumentName: MARKER_ARGUMENT, value: marker };
        const variables = {
          environment,
          definition,
          ...(task.takesMarker && { arguments: [given] }),
        };
        return () => this.client.mutate(mutations.INVOKE_REGISTERED_TASK, variables, shared);
      }),
    );
  }

  cancelTask(taskId: number, signal: AbortSignal): Promise<CallAnswer> {
    return this.client.mutate(mutations.CANCEL_TASK, { input: { task: { id: taskId } } }, signal);
  }

  setVariable(request: requests.SetVariableRequest, signal: AbortSignal): Promise<CallAnswer> {
    return this.client.mutate(mutations.SET_VARIABLE, { input: request }, signal);
  }

  unidle(environmentId: number, signal: AbortSignal): Promise<CallAnswer> {
    return this.client.within(signal, (shared) =>
      readFirst<CallAnswer>(async () => {
        const variables = { environment: environmentId };
        const { name, project } = await this.client.readEnvironment(
          queries.NAMES_OF,
          variables,
          shared,
        );
        const input = { project: project.name, environment: name, idle: false };
        return () => this.client.mutate(mutations.UNIDLE, { input }, shared);
      }),
    );
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

const UNSAFE_MARKER = finalRefusal('invalid-request', 'the marker may not be part of a command');
const NOT_REGISTERED = finalRefusal('not-found', 'no such task is registered for the environment');

/**
 * A mutation that needs to read something before. As long as only reads were sent nothing has happened, so
 * whatever goes wrong with them refuses the whole call.
 */
async function readFirst<A extends { readonly kind: string }>(
  prepare: () => Promise<(() => Promise<A>) | Refused>,
): Promise<A | Refused> {
  const prepared = await prepare().catch(refusalOf);
  return typeof prepared === 'function' ? prepared() : prepared;
}

function refusalOf(error: unknown): Refused {
  if (error instanceof LagoonRefusedError) return error.refusal;
  if (error instanceof LagoonUnauthenticatedError) return UNAUTHENTICATED;
  const why = error instanceof LagoonUnavailableError ? error.message : 'an unknown answer';
  return passingRefusal('not-sent', `the read before it failed: ${why}`);
}

/** Every document of a fixed text; those of BATCH_DOCUMENTS grow with the number of their look-ups. */
export const ALL_DOCUMENTS: readonly { readonly name: string; readonly text: string }[] = [
  ...Object.values(mutations),
  ...Object.values(queries),
].flatMap((document) => ('name' in document ? [{ name: document.name, text: document.text }] : []));

export const BATCH_DOCUMENTS = {
  DEPLOYMENTS_OF_MANY: queries.DEPLOYMENTS_OF_MANY,
  FIND_ENVIRONMENTS: queries.FIND_ENVIRONMENTS,
};
