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
  DeployPromoteRequest,
  InvokeTaskRequest,
  SetVariableRequest,
} from '../lagoon.requests';
import { finalRefusal } from '../refusal';
import { isSafeMarker, MARKER_ARGUMENT } from '../task-marker';
import { GraphqlReads } from './graphql.reads';
import * as documents from './mutation.documents';
import { IDLE_STATE_OF } from './lagoon.documents';
import { readFirst } from './read-first';

/** Lagoon's GraphQL API over HTTP. */
export class GraphqlLagoon extends GraphqlReads {
  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { environmentId, ...rest } = request;
    const input = { ...rest, environment: { id: environmentId }, returnData: true };
    return this.mutate(documents.DEPLOY_LATEST, { input }, signal);
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { project, ...rest } = request;
    const input = { ...rest, project: { name: project }, returnData: true };
    return this.mutate(documents.DEPLOY_BRANCH, { input }, signal);
  }

  deployPromote(request: DeployPromoteRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const { project: name, sourceEnvironment, ...rest } = request;
    const project = { name };
    const source = { name: sourceEnvironment, project };
    const input = { ...rest, project, sourceEnvironment: source, returnData: true };
    return this.mutate(documents.DEPLOY_PROMOTE, { input }, signal);
  }

  cancelDeployment(
    { environmentId, buildName }: BuildTarget,
    signal: AbortSignal,
  ): Promise<CancelAnswer> {
    const deployment = { name: buildName, environment: { id: environmentId } };
    return this.mutate(documents.CANCEL_DEPLOYMENT, { input: { deployment } }, signal);
  }

  addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId, ...rest } = request;
    const input = { ...rest, environment: environmentId, execute: true };
    return this.mutate(documents.ADD_TASK, { input }, signal);
  }

  invokeRegisteredTask(request: InvokeTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const { environmentId: environment, taskDefinitionId: definition, marker } = request;
    return this.within(signal, (shared) =>
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
        return () => this.mutate(documents.INVOKE_REGISTERED_TASK, variables, shared);
      }),
    );
  }

  cancelTask(taskId: number, signal: AbortSignal): Promise<CancelAnswer> {
    return this.mutate(documents.CANCEL_TASK, { input: { task: { id: taskId } } }, signal);
  }

  setVariable(request: SetVariableRequest, signal: AbortSignal): Promise<VariableAnswer> {
    return this.mutate(documents.SET_VARIABLE, { input: request }, signal);
  }

  unidle(environmentId: number, signal: AbortSignal): Promise<UnidleAnswer> {
    return this.within(signal, (shared) =>
      readFirst<UnidleAnswer>(async () => {
        const variables = { environment: environmentId };
        const { name, project } = await this.readEnvironment(IDLE_STATE_OF, variables, shared);
        const input = { project: project.name, environment: name, idle: false };
        return () => this.mutate(documents.UNIDLE, { input }, shared);
      }),
    );
  }
}

const UNSAFE_MARKER = finalRefusal('invalid-request', 'the marker may not be part of a command');
const NOT_REGISTERED = finalRefusal('not-found', 'no such task is registered for the environment');
