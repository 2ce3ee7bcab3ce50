import type { LagoonReadError } from '../lagoon.errors';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import type { AddTaskRequest, BuildVariable } from '../lagoon.requests';
import type { EnvironmentTarget, LagoonEnvironment, RegisteredTask } from '../lagoon.types';
import type { DeploymentRecord, TaskRecord } from './in-memory.environment';
import { InMemoryEnvironment } from './in-memory.environment';
import { factsOf, matches, now, unstarted } from './new-records';

export interface ScriptedAnswer {
  readonly answer: Refused | Ambiguous;
  /** True: the effect happens although the answer does not say so. */
  readonly lands: boolean;
}

export type EnvironmentFacts = Partial<
  Omit<LagoonEnvironment, 'projectId' | 'environmentId' | 'activeBuild'>
>;

/** What a new build row keeps of the call that made it. */
export interface BuildOrder {
  readonly bulkName?: string;
  readonly bulkId?: string;
  readonly buildVariables?: readonly BuildVariable[];
}

/** What the in-memory Lagoon contains and does: scenes are set here, by specs. */
export class LagoonScript {
  /** While true reads throw and mutations are ambiguous. */
  unavailable = false;
  /** Set: every new build and task ends at once with this status. */
  endAtOnce: 'complete' | 'failed' | null = null;
  private readonly environments: InMemoryEnvironment[] = [];
  private readonly hidden = new Set<InMemoryEnvironment>();
  private readonly answers: ScriptedAnswer[] = [];
  private readonly readErrors: LagoonReadError[] = [];
  private lastId = 0;

  /** Creates the environment, or changes what is given of an existing one. */
  place(target: EnvironmentTarget, facts: EnvironmentFacts = {}): LagoonEnvironment {
    const existing = this.find(target);
    if (existing !== undefined) {
      existing.facts = { ...existing.facts, ...facts };
      return existing.facts;
    }
    const placed = { ...factsOf(target, this.nextId(), this.nextId()), ...facts };
    this.environments.push(new InMemoryEnvironment(target.project, target.environment, placed));
    return placed;
  }

  remove(target: EnvironmentTarget): void {
    const index = this.environments.findIndex((environment) => matches(environment, target));
    if (index >= 0) this.environments.splice(index, 1);
  }

  /** The next mutation gets this answer; several are used one by one. */
  answerNext(answer: Refused | Ambiguous, { lands = false } = {}): void {
    this.answers.push({ answer, lands });
  }

  /** The next read throws this; several are used one by one. */
  failNextRead(error: LagoonReadError): void {
    this.readErrors.push(error);
  }

  /** Ends every build of the environment in Lagoon's order, the waiting ones too. */
  endBuilds(target: EnvironmentTarget, status = 'complete'): void {
    const environment = this.find(target);
    while (environment?.endRunning(status, now()) === true);
  }

  endTasks(target: EnvironmentTarget, status = 'complete'): void {
    this.find(target)?.endTasks(status, now());
  }

  /** Puts one build into any state, words of later Lagoons included. */
  setBuild(
    buildName: string,
    change: Partial<Pick<DeploymentRecord, 'status' | 'buildStep'>>,
  ): void {
    const build = this.allDeployments().find(({ name }) => name === buildName);
    if (build !== undefined) Object.assign(build, change);
  }

  /** A build that somebody else started. */
  foreignBuild(target: EnvironmentTarget): string {
    return this.newDeployment(this.placed(target), {}).name;
  }

  /** A second row for the call that made this build, as a queue that delivers twice leaves it. */
  duplicateBuild(buildName: string): string {
    const environment = this.ownerOf(buildName);
    const twin = environment.deployments.find(({ name }) => name === buildName);
    const { bulkName, bulkId } = twin ?? { bulkName: null, bulkId: null };
    return this.newDeployment(environment, {
      ...(bulkName === null ? {} : { bulkName }),
      ...(bulkId === null ? {} : { bulkId }),
    }).name;
  }

  /** The row is gone, as retention leaves it. */
  removeBuild(buildName: string): void {
    this.ownerOf(buildName).removeDeployment(buildName);
  }

  /** Registers a task that may be invoked in the environment. */
  registerTask(target: EnvironmentTarget, definition: Omit<RegisteredTask, 'id'>): RegisteredTask {
    const task = { id: this.nextId(), ...definition };
    this.placed(target).registeredTasks.push(task);
    return task;
  }

  /** Batched reads give no answer for the environment from here on. */
  hide(target: EnvironmentTarget): void {
    this.hidden.add(this.placed(target));
  }

  reveal(target: EnvironmentTarget): void {
    this.hidden.delete(this.placed(target));
  }

  find(target: EnvironmentTarget): InMemoryEnvironment | undefined {
    return this.environments.find((environment) => matches(environment, target));
  }

  byId(environmentId: number): InMemoryEnvironment | undefined {
    return this.environments.find(({ facts }) => facts.environmentId === environmentId);
  }

  hasProject({ project }: Pick<EnvironmentTarget, 'project'>): boolean {
    return this.environments.some((environment) => environment.project === project);
  }

  /** Lagoon creates the environment of a branch it knows the project of. */
  branchOf(project: string, branch: string): InMemoryEnvironment | undefined {
    const target = { project, environment: branch };
    if (this.hasProject(target) && this.find(target) === undefined) this.place(target);
    return this.find(target);
  }

  allDeployments(): DeploymentRecord[] {
    return this.environments.flatMap(({ deployments }) => deployments);
  }

  taskById(taskId: number): TaskRecord | undefined {
    return this.environments.flatMap(({ tasks }) => tasks).find(({ id }) => id === taskId);
  }

  isHidden(target: EnvironmentTarget): boolean {
    const environment = this.find(target);
    return environment !== undefined && this.hidden.has(environment);
  }

  takeReadError(): LagoonReadError | null {
    return this.readErrors.shift() ?? null;
  }

  takeAnswer(): ScriptedAnswer | null {
    return this.answers.shift() ?? null;
  }

  newDeployment(environment: InMemoryEnvironment, order: BuildOrder): DeploymentRecord {
    const { bulkName = null, bulkId = null, buildVariables = [] } = order;
    const id = this.nextId();
    const name = `lagoon-${kindOf(buildVariables)}-${id.toString(36)}`;
    const row = { id, name, bulkName, bulkId, ...unstarted(), buildStep: null };
    environment.addDeployment(row);
    if (this.endAtOnce !== null) environment.endRunning(this.endAtOnce, now());
    return row;
  }

  newTask(
    environment: InMemoryEnvironment,
    { name, service, command }: Omit<AddTaskRequest, 'environmentId'>,
  ): TaskRecord {
    const id = this.nextId();
    const taskName = `lagoon-task-${id.toString(36)}`;
    const task = { id, name, service, command, taskName, ...unstarted() };
    environment.tasks.push(task);
    if (this.endAtOnce !== null) environment.endTasks(this.endAtOnce, now());
    return task;
  }

  private placed(target: EnvironmentTarget): InMemoryEnvironment {
    const environment = this.find(target);
    if (environment === undefined) throw new TypeError(`no environment ${target.environment}`);
    return environment;
  }

  private ownerOf(buildName: string): InMemoryEnvironment {
    const isOwner = ({ deployments }: InMemoryEnvironment) =>
      deployments.some(({ name }) => name === buildName);
    const owner = this.environments.find(isOwner);
    if (owner === undefined) throw new TypeError(`no build ${buildName}`);
    return owner;
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}

function kindOf(buildVariables: readonly BuildVariable[]): 'build' | 'variables' {
  const isVariablesOnly = buildVariables.some(
    ({ name, value }) => name === 'LAGOON_VARIABLES_ONLY' && value.toUpperCase() === 'TRUE',
  );
  return isVariablesOnly ? 'variables' : 'build';
}
