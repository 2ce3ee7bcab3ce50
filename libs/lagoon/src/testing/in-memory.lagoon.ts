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
import { isSafeMarker } from '../task-marker';
import { carryOut } from './in-memory.calls';
import type { InMemoryEnvironment } from './in-memory.environment';
import { endTask } from './in-memory.environment';
import { InMemoryReads } from './in-memory.reads';
import { IDLING_DISABLED, NOT_FOUND, STUMBLED, UNSAFE_MARKER } from './in-memory.refusals';
import { invocationOf } from './in-memory.tasks';
import { now } from './new-records';

const ACCEPTED = { kind: 'accepted' } as const;

/** Lagoon in memory, of equal standing with the adapter. `script` says what happens next. */
export class InMemoryLagoon extends InMemoryReads {
  deployLatest(request: DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.mutate({ operation: 'deployLatest', input: request }, signal, () =>
      this.deploy(this.script.byId(request.environmentId), request),
    );
  }

  deployBranch(request: DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.mutate({ operation: 'deployBranch', input: request }, signal, () =>
      this.deploy(this.script.branchOf(request.project, request.branchName), request),
    );
  }

  deployPromote(request: DeployPromoteRequest, signal: AbortSignal): Promise<DeployAnswer> {
    return this.mutate({ operation: 'deployPromote', input: request }, signal, () => {
      const { project, sourceEnvironment, destinationEnvironment } = request;
      const source = this.script.find({ project, environment: sourceEnvironment });
      if (source === undefined) return NOT_FOUND;
      const destination = this.script.branchOf(project, destinationEnvironment);
      const answer = this.deploy(destination, request);
      if (destination !== undefined && answer.kind === 'accepted') {
        destination.facts = { ...destination.facts, deployType: 'promote' };
      }
      return answer;
    });
  }

  cancelDeployment(target: BuildTarget, signal: AbortSignal): Promise<CancelAnswer> {
    return this.mutate({ operation: 'cancelDeployment', input: target }, signal, () => {
      const environment = this.script.byId(target.environmentId);
      const isKnown = environment?.cancelDeployment(target.buildName, now()) ?? false;
      return isKnown ? ACCEPTED : NOT_FOUND;
    });
  }

  addTask(request: AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    return this.mutate({ operation: 'addTask', input: request }, signal, () =>
      this.runTask(this.script.byId(request.environmentId), () => request),
    );
  }

  invokeRegisteredTask(request: InvokeTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const call = { operation: 'invokeRegisteredTask', input: request };
    return this.mutateAfterRead(call, signal, () => {
      if (!isSafeMarker(request.marker)) return UNSAFE_MARKER;
      const owner = this.script.byId(request.environmentId);
      return this.runTask(owner, (environment) => invocationOf(environment, request));
    });
  }

  cancelTask(taskId: number, signal: AbortSignal): Promise<CancelAnswer> {
    return this.mutate({ operation: 'cancelTask', input: { taskId } }, signal, () => {
      const task = this.script.taskById(taskId);
      if (task === undefined) return NOT_FOUND;
      endTask(task, 'cancelled', now());
      return ACCEPTED;
    });
  }

  setVariable(request: SetVariableRequest, signal: AbortSignal): Promise<VariableAnswer> {
    return this.mutate({ operation: 'setVariable', input: request }, signal, () => {
      const { name, value, scope } = request;
      const environment = this.script.find(request);
      if (environment === undefined) return this.script.hasProject(request) ? STUMBLED : NOT_FOUND;
      environment.variables.set(name, { name, value, scope });
      return ACCEPTED;
    });
  }

  unidle(environmentId: number, signal: AbortSignal): Promise<UnidleAnswer> {
    return this.mutateAfterRead({ operation: 'unidle', input: { environmentId } }, signal, () => {
      const environment = this.script.byId(environmentId);
      if (environment === undefined) return NOT_FOUND;
      if (!environment.facts.autoIdle) return IDLING_DISABLED;
      environment.facts = { ...environment.facts, idleState: 'active' };
      return ACCEPTED;
    });
  }

  private deploy(
    owner: InMemoryEnvironment | undefined,
    request: DeployLatestRequest | DeployBranchRequest | DeployPromoteRequest,
  ): DeployAnswer {
    return carryOut<DeployAnswer>('Deployments', owner, (environment) => {
      const { name } = this.script.newDeployment(environment, request);
      return { kind: 'accepted', buildName: name };
    });
  }

  private runTask(
    owner: InMemoryEnvironment | undefined,
    order: (environment: InMemoryEnvironment) => Omit<AddTaskRequest, 'environmentId'> | null,
  ): TaskAnswer {
    return carryOut<TaskAnswer>('Tasks', owner, (environment) => {
      const request = order(environment);
      if (request === null) return NOT_FOUND;
      const { id, taskName } = this.script.newTask(environment, request);
      return { kind: 'accepted', taskId: id, taskName };
    });
  }
}
