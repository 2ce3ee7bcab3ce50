import { LagoonRefusedError, LagoonUnavailableError } from '../lagoon.errors';
import { Lagoon } from '../lagoon.port';
import type {
  AddTaskRequest,
  Ambiguous,
  DeployAccepted,
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
  TaskAccepted,
  TaskAnswer,
} from '../lagoon.types';
import { deploymentOf, environmentIn, routesIn, taskOf } from './answer-mapping';
import { deploymentsIn, lookupVariables, slicesOf } from './batched-lookup';
import type { GraphqlEndpoint } from './graphql-transport';
import { GraphqlTransport, NoAnswerError } from './graphql-transport';
import * as answers from './lagoon.answers';
import * as documents from './lagoon.documents';
import type { AcceptedReader } from './mutation-classifier';
import { classifyMutation, classifyNoAnswer } from './mutation-classifier';
import { checked, envelopeOf, fieldOf } from './read-answer';

const BUILD_NAME = /^lagoon-(build|variables)-[0-9a-z]*$/;

interface Query {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly field: string;
}

/** Lagoon's GraphQL API over HTTP. */
export class GraphqlLagoon extends Lagoon {
  private readonly transport: GraphqlTransport;

  constructor(endpoint: GraphqlEndpoint) {
    super();
    this.transport = new GraphqlTransport(endpoint);
  }

  async findEnvironment(
    target: EnvironmentTarget,
    signal?: AbortSignal,
  ): Promise<LagoonEnvironment | null> {
    const variables = { project: target.project };
    const query = { document: documents.FIND_ENVIRONMENT, variables, field: 'projectByName' };
    const project = await nullIfNotFound(this.read(query, signal));
    return project === null ? null : environmentIn(checked(project, answers.isProject), target);
  }

  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { environmentId, bulkName, buildVariables = [] } = request;
    const input = {
      environment: { id: environmentId },
      bulkName,
      buildVariables,
      returnData: true,
    };
    const field = 'deployEnvironmentLatest';
    const query = { document: documents.DEPLOY_LATEST, variables: { input }, field };
    return this.mutate(query, acceptedBuild, signal);
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { project, ...rest } = request;
    const input = { ...rest, project: { name: project }, returnData: true };
    const field = 'deployEnvironmentBranch';
    const query = { document: documents.DEPLOY_BRANCH, variables: { input }, field };
    return this.mutate(query, acceptedBuild, signal);
  }

  async deploymentsOf(
    environmentId: number,
    filter: DeploymentFilter,
    signal?: AbortSignal,
  ): Promise<LagoonDeployment[]> {
    const variables = { environment: environmentId, name: filter.name, limit: filter.limit };
    const document = documents.DEPLOYMENTS_OF;
    const value = await this.readEnvironment({ document, variables }, signal);
    return checked(value, answers.isEnvironmentWithDeployments).deployments.map(deploymentOf);
  }

  async deploymentsOfMany(
    lookups: readonly DeploymentLookup[],
    signal?: AbortSignal,
  ): Promise<Map<number, LagoonDeployment[]>> {
    const found = new Map<number, LagoonDeployment[]>();
    for (const slice of slicesOf(lookups, documents.MAX_LOOKUPS)) {
      const document = documents.deploymentsOfMany(slice.length);
      const envelope = await this.envelope(document, lookupVariables(slice), signal);
      deploymentsIn(envelope, slice, found);
    }
    return found;
  }

  async deploymentsByBulkId(bulkId: string, signal?: AbortSignal): Promise<LagoonDeployment[]> {
    const document = documents.DEPLOYMENTS_BY_BULK_ID;
    const query = { document, variables: { bulkId }, field: 'deploymentsByBulkId' };
    return checked(await this.read(query, signal), answers.isDeploymentList).map(deploymentOf);
  }

  addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId, ...rest } = request;
    const input = { ...rest, environment: environmentId, execute: true };
    const query = { document: documents.ADD_TASK, variables: { input }, field: 'addTask' };
    return this.mutate(query, acceptedTask, signal);
  }

  async taskById(taskId: number, signal?: AbortSignal): Promise<LagoonTask | null> {
    const query = { document: documents.TASK_BY_ID, variables: { id: taskId }, field: 'taskById' };
    const value = await nullIfNotFound(this.read(query, signal));
    return value === null ? null : taskOf(checked(value, answers.isTask));
  }

  async tasksOf(
    environmentId: number,
    filter: { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<LagoonTask[]> {
    const variables = { environment: environmentId, limit: filter.limit };
    const value = await this.readEnvironment({ document: documents.TASKS_OF, variables }, signal);
    return checked(value, answers.isEnvironmentWithTasks).tasks.map(taskOf);
  }

  async routesOf(environmentId: number, signal?: AbortSignal): Promise<string[]> {
    const variables = { environment: environmentId };
    const value = await this.readEnvironment({ document: documents.ROUTES_OF, variables }, signal);
    return routesIn(checked(value, answers.isEnvironmentWithRoutes));
  }

  async ping(signal?: AbortSignal): Promise<string> {
    const query = { document: documents.PING, variables: {}, field: 'lagoonVersion' };
    return checked(await this.read(query, signal), answers.isVersion);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private async envelope(
    document: string,
    variables: Query['variables'],
    signal: AbortSignal | undefined,
  ): Promise<answers.GraphqlEnvelope> {
    try {
      return envelopeOf(await this.transport.read({ document, variables, signal }));
    } catch (error) {
      if (error instanceof NoAnswerError) throw new LagoonUnavailableError(error.message);
      throw error;
    }
  }

  private async read(query: Query, signal: AbortSignal | undefined): Promise<unknown> {
    return fieldOf(await this.envelope(query.document, query.variables, signal), query.field);
  }

  private async readEnvironment(
    query: Omit<Query, 'field'>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const value = await this.read({ ...query, field: 'environmentById' }, signal);
    if (value !== null) return value;
    throw new LagoonRefusedError('not-found', 'the environment does not exist', false);
  }

  private async mutate<A>(
    { document, variables, field }: Query,
    accepted: AcceptedReader<A>,
    signal: AbortSignal,
  ): Promise<A | Refused | Ambiguous> {
    try {
      const answer = await this.transport.mutate({ document, variables, signal });
      return classifyMutation(answer, field, accepted);
    } catch (error) {
      if (error instanceof NoAnswerError) return classifyNoAnswer(error);
      return { kind: 'ambiguous', evidence: 'the call failed inside the adapter' };
    }
  }
}

function acceptedBuild(value: unknown): DeployAccepted | null {
  const named = typeof value === 'string' && value.length <= 100 && BUILD_NAME.test(value);
  return named ? { kind: 'accepted', buildName: value } : null;
}

function acceptedTask(value: unknown): TaskAccepted | null {
  if (!answers.isAddedTask(value)) return null;
  return { kind: 'accepted', taskId: value.id, taskName: value.taskName ?? null };
}

async function nullIfNotFound(value: Promise<unknown>): Promise<unknown> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof LagoonRefusedError && error.refusal === 'not-found') return null;
    throw error;
  }
}
