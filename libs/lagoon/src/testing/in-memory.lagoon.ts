import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { deploymentOf, registeredTaskOf, variableOf } from '../graphql/answer-mapping';
import type { AnswerRules } from '../graphql/mutation-answer';
import { classifyMutation } from '../graphql/mutation-answer';
import * as mutations from '../graphql/mutations';
import { envelopeOf, fieldOf } from '../graphql/read-answer';
import type { Ambiguous, CallAnswer, DeployAnswer, Refused, TaskAnswer } from '../lagoon.outcomes';
import { passingRefusal } from '../lagoon.outcomes';
import { Lagoon } from '../lagoon.port';
import type * as requests from '../lagoon.requests';
import { DEFAULT_LOOKUP_ROWS } from '../lagoon.requests';
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
import type { ScriptedFault } from './lagoon-script';
import { LagoonScript } from './lagoon-script';
import { INSTANT_WALK } from './world/builds';
import type { Environment } from './world/environment';
import { FaultPlan } from './world/fault-plan';
import { LagoonApi, LagoonError } from './world/lagoon-api';
import { LagoonWorld } from './world/lagoon-world';
import { LagoonRows, newestFirst } from './world/rows';
import type { TimeAndChance, WorldOptions } from './world/world-context';

export interface InMemoryCall {
  readonly operation: string;
  readonly input: unknown;
}

/** Builds and tasks run until a spec ends them. */
const ENDLESS = { buildSeconds: Infinity, taskSeconds: Infinity, buildSlots: Infinity };
const OPTIONS: WorldOptions = { ...ENDLESS, clockSpeed: 1, walk: INSTANT_WALK };
const OUTAGE = { status: 503, text: 'Service Unavailable' };
const NOT_SENT = passingRefusal('not-sent', 'aborted by the caller');
const UNREAD = passingRefusal('not-sent', 'the read before it failed');

export interface InMemoryLagoonOptions extends Partial<TimeAndChance> {
  /** How long builds and tasks take; absent: until a spec ends them. */
  readonly world?: Partial<WorldOptions>;
}

/** A Lagoon made for tests behind the port, by the rules by which the adapter reads Lagoon's answers. */
export class InMemoryLagoon extends Lagoon {
  readonly script: LagoonScript;
  /** Every call that came in, oldest first. */
  readonly calls: InMemoryCall[] = [];
  private readonly world: LagoonWorld;
  private readonly api: LagoonApi;
  private readonly rows: LagoonRows;
  private readonly faults: FaultPlan<ScriptedFault>;

  constructor({ clock, randomness, world }: InMemoryLagoonOptions = {}) {
    super();
    const chance = randomness ?? new SeededRandomness(1);
    this.world = new LagoonWorld(
      { ...OPTIONS, ...world },
      {
        clock: clock ?? new VirtualClock(),
        randomness: chance,
      },
    );
    this.world.hasPlatformRole = true;
    this.api = new LagoonApi(this.world);
    this.rows = new LagoonRows(this.world);
    this.faults = new FaultPlan(chance);
    this.script = new LagoonScript(this.world, this.rows, this.faults);
  }

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

  deploymentsOf(
    environmentId: number,
    filter: requests.DeploymentFilter,
  ): Promise<LagoonDeployment[]> {
    return this.read('deploymentsOf', { environmentId, ...filter }, () =>
      this.newestBuilds(this.api.environmentById(environmentId), filter),
    );
  }

  deploymentsOfMany(
    lookups: readonly requests.DeploymentLookup[],
  ): Promise<Map<number, LagoonDeployment[]>> {
    return this.read('deploymentsOfMany', lookups, () => {
      const found = new Map<number, LagoonDeployment[]>();
      for (const { environmentId, limit = DEFAULT_LOOKUP_ROWS, ...lookup } of lookups) {
        const environment = this.world.projects.environments.get(environmentId);
        if (environment?.deleted !== false) continue;
        if (this.script.isHidden(targetOf(environment))) continue;
        const rows = this.newestBuilds(environment, { ...lookup, limit });
        found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows]);
      }
      return found;
    });
  }

  deploymentsByBulkId(bulkId: string): Promise<LagoonDeployment[]> {
    return this.read('deploymentsByBulkId', { bulkId }, () =>
      this.api.deploymentsByBulkId(bulkId).map((build) => deploymentOf(this.rows.build(build))),
    );
  }

  taskById(taskId: number): Promise<LagoonTask | null> {
    return this.read('taskById', { taskId }, () => this.script.taskById(taskId) ?? null);
  }

  tasksOf(environmentId: number, filter: { readonly limit: number }): Promise<LagoonTask[]> {
    return this.read('tasksOf', { environmentId, ...filter }, () => {
      const { tasks } = this.api.environmentById(environmentId);
      return newestFirst(tasks, filter.limit).flatMap(({ id }) => this.script.taskById(id) ?? []);
    });
  }

  registeredTasksOf(environmentId: number): Promise<RegisteredTask[]> {
    return this.read('registeredTasksOf', { environmentId }, () => {
      const environment = this.api.environmentById(environmentId);
      const rows = environment.registeredTasks;
      return rows.map((task) => registeredTaskOf(this.rows.registeredTask(task, environment)));
    });
  }

  servicesOf(environmentId: number): Promise<EnvironmentService[]> {
    return this.read('servicesOf', { environmentId }, () =>
      this.rows.services(this.api.environmentById(environmentId)),
    );
  }

  variablesOf(environmentId: number): Promise<EnvironmentVariable[]> {
    return this.read('variablesOf', { environmentId }, () =>
      [...this.api.environmentById(environmentId).variables.values()].map(variableOf),
    );
  }

  ping(): Promise<string> {
    return this.read('ping', {}, () => this.api.lagoonVersion());
  }

  deployLatest(request: requests.DeployLatestRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const call = { operation: 'deployLatest', input: request, signal };
    const input = { ...request, environment: { id: request.environmentId }, returnData: true };
    const deploy = () => this.api.deployEnvironmentLatest(input);
    return this.mutate(call, mutations.DEPLOY_LATEST, deploy);
  }

  deployBranch(request: requests.DeployBranchRequest, signal: AbortSignal): Promise<DeployAnswer> {
    const call = { operation: 'deployBranch', input: request, signal };
    const input = { ...request, project: { name: request.project }, returnData: true };
    const deploy = () => this.api.deployEnvironmentBranch(input);
    return this.mutate(call, mutations.DEPLOY_BRANCH, deploy);
  }

  deployPromote(
    request: requests.DeployPromoteRequest,
    signal: AbortSignal,
  ): Promise<DeployAnswer> {
    const call = { operation: 'deployPromote', input: request, signal };
    const project = { name: request.project };
    const sourceEnvironment = { name: request.sourceEnvironment, project };
    const input = { ...request, project, sourceEnvironment, returnData: true };
    const deploy = () => this.api.deployEnvironmentPromote(input);
    return this.mutate(call, mutations.DEPLOY_PROMOTE, deploy);
  }

  cancelDeployment(target: requests.BuildTarget, signal: AbortSignal): Promise<CallAnswer> {
    const call = { operation: 'cancelDeployment', input: target, signal };
    const input = { name: target.buildName, environment: { id: target.environmentId } };
    return this.mutate(call, mutations.CANCEL_DEPLOYMENT, () => this.api.cancelDeployment(input));
  }

  addTask(request: requests.AddTaskRequest, signal: AbortSignal): Promise<TaskAnswer> {
    const call = { operation: 'addTask', input: request, signal };
    const input = { ...request, environment: request.environmentId };
    return this.mutate(call, mutations.ADD_TASK, () => this.rows.task(this.api.addTask(input)));
  }

  invokeRegisteredTask(
    request: requests.InvokeTaskRequest,
    signal: AbortSignal,
  ): Promise<TaskAnswer> {
    const { environmentId, taskDefinitionId: id, marker } = request;
    const call = { operation: 'invokeRegisteredTask', input: request, signal, readsFirst: true };
    return this.mutate(call, mutations.INVOKE_REGISTERED_TASK, () => {
      if (!isSafeMarker(marker)) throw new LagoonError('Invalid input "UPLIFT_MARKER"');
      const { registeredTasks } = this.api.environmentById(environmentId);
      const definition = registeredTasks.find((task) => task.id === id);
      const given = { advancedTaskDefinitionArgumentName: MARKER_ARGUMENT, value: marker };
      const argumentValues = definition?.arguments?.includes(MARKER_ARGUMENT) ? [given] : [];
      const invocation = { environment: environmentId, advancedTaskDefinition: id, argumentValues };
      return this.rows.task(this.api.invokeRegisteredTask(invocation));
    });
  }

  cancelTask(taskId: number, signal: AbortSignal): Promise<CallAnswer> {
    const call = { operation: 'cancelTask', input: { taskId }, signal };
    return this.mutate(call, mutations.CANCEL_TASK, () => this.api.cancelTask({ id: taskId }));
  }

  setVariable(request: requests.SetVariableRequest, signal: AbortSignal): Promise<CallAnswer> {
    const call = { operation: 'setVariable', input: request, signal };
    const store = () => this.api.addOrUpdateEnvVariableByName(request);
    return this.mutate(call, mutations.SET_VARIABLE, store);
  }

  unidle(environmentId: number, signal: AbortSignal): Promise<CallAnswer> {
    const call = { operation: 'unidle', input: { environmentId }, signal, readsFirst: true };
    return this.mutate(call, mutations.UNIDLE, () => {
      const { name, project } = this.api.environmentById(environmentId);
      const input = { project: project.name, environment: name, idle: false };
      return this.api.idleOrUnidleEnvironment(input);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async read<T>(operation: string, input: unknown, answer: () => T): Promise<T> {
    this.calls.push({ operation, input });
    await Promise.resolve();
    if (this.faults.outage) envelopeOf(OUTAGE);
    this.world.settle();
    try {
      return answer();
    } catch (refusal) {
      if (refusal instanceof LagoonError) fieldOf({ errors: [refusal] }, operation);
      throw refusal;
    }
  }

  private async mutate<A>(
    call: Mutation,
    rules: AnswerRules<A>,
    effect: () => unknown,
  ): Promise<A | Refused | Ambiguous> {
    const { operation, input } = call;
    this.calls.push({ operation, input });
    await Promise.resolve();
    const unsent = this.unsent(call);
    if (unsent !== null) return unsent;
    if (this.faults.outage) return classifyMutation(OUTAGE, rules);
    const fault = this.faults.take(new Set([operation]), input);
    if (fault?.lands === false) return fault.answer;
    this.world.settle();
    const text = JSON.stringify(envelope(rules.field, effect));
    return fault?.answer ?? classifyMutation({ status: 200, text }, rules);
  }

  /** Null: the call is sent. */
  private unsent({ signal, readsFirst = false }: Mutation): Refused | null {
    if (signal.aborted) return NOT_SENT;
    return this.faults.outage && readsFirst ? UNREAD : null;
  }

  private newestBuilds(
    { queue }: Environment,
    { name, limit }: requests.DeploymentFilter,
  ): LagoonDeployment[] {
    const builds = newestFirst(queue.builds, limit, (build) => (name ?? build.name) === build.name);
    return builds.map((build) => deploymentOf(this.rows.build(build)));
  }

  private shown(target: EnvironmentTarget): LagoonEnvironment | null {
    return this.script.answered(target);
  }
}

function targetOf({ project, name }: Environment): EnvironmentTarget {
  return { project: project.name, environment: name };
}

interface Mutation extends InMemoryCall {
  readonly signal: AbortSignal;
  /** True: something is read before it, so in an outage it is not even sent. */
  readonly readsFirst?: boolean;
}

/** What Lagoon answers to a mutation. */
function envelope(field: string, effect: () => unknown) {
  try {
    return { data: { [field]: effect() } };
  } catch (error) {
    if (!(error instanceof LagoonError)) throw error;
    return { data: null, errors: [{ message: error.message }] };
  }
}
