import type {
  AddTaskRequest,
  Ambiguous,
  EnvironmentTarget,
  LagoonEnvironment,
  Refused,
} from '../lagoon.types';
import type { DeploymentRecord, TaskRecord } from './in-memory.environment';
import { InMemoryEnvironment } from './in-memory.environment';

export interface ScriptedAnswer {
  readonly answer: Refused | Ambiguous;
  /** True: the effect happens although the answer does not say so. */
  readonly lands: boolean;
}

export type EnvironmentFacts = Partial<
  Omit<LagoonEnvironment, 'projectId' | 'environmentId' | 'activeBuild'>
>;

/** What the in-memory Lagoon contains and does: scenes are set here, by specs. */
export class LagoonScript {
  /** While true reads throw and mutations are ambiguous. */
  unavailable = false;
  /** Set: every new build and task ends at once with this status. */
  endAtOnce: 'complete' | 'failed' | null = null;
  private readonly environments: InMemoryEnvironment[] = [];
  private readonly answers: ScriptedAnswer[] = [];
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
    const environment = this.find(target);
    if (environment === undefined) throw new TypeError(`no environment ${target.environment}`);
    return this.newDeployment(environment, null, null).name;
  }

  find(target: EnvironmentTarget): InMemoryEnvironment | undefined {
    return this.environments.find((environment) => matches(environment, target));
  }

  byId(environmentId: number): InMemoryEnvironment | undefined {
    return this.environments.find(({ facts }) => facts.environmentId === environmentId);
  }

  /** Lagoon creates the environment of a branch it knows the project of. */
  branchOf(project: string, branch: string): InMemoryEnvironment | undefined {
    const target = { project, environment: branch };
    const known = this.environments.some((environment) => environment.project === project);
    if (known && this.find(target) === undefined) this.place(target);
    return this.find(target);
  }

  allDeployments(): DeploymentRecord[] {
    return this.environments.flatMap(({ deployments }) => deployments);
  }

  allTasks(): TaskRecord[] {
    return this.environments.flatMap(({ tasks }) => tasks);
  }

  takeAnswer(): ScriptedAnswer | null {
    return this.answers.shift() ?? null;
  }

  newDeployment(
    environment: InMemoryEnvironment,
    bulkName: string | null,
    bulkId: string | null,
  ): DeploymentRecord {
    const id = this.nextId();
    const name = `lagoon-build-${id.toString(36)}`;
    const row = { id, name, bulkName, bulkId, ...unstarted(), buildStep: null };
    environment.addDeployment(row);
    if (this.endAtOnce !== null) environment.endRunning(this.endAtOnce, now());
    return row;
  }

  newTask(environment: InMemoryEnvironment, request: AddTaskRequest): TaskRecord {
    const id = this.nextId();
    const { name, service } = request;
    const task = { id, name, service, taskName: `lagoon-task-${id.toString(36)}`, ...unstarted() };
    environment.tasks.push(task);
    if (this.endAtOnce !== null) environment.endTasks(this.endAtOnce, now());
    return task;
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}

function factsOf(target: EnvironmentTarget, projectId: number, id: number): LagoonEnvironment {
  const route = `https://${target.environment}.${target.project}.example.com`;
  return {
    projectId,
    environmentId: id,
    environmentType: 'production',
    deployType: 'branch',
    deploymentsDisabled: false,
    idleState: null,
    route,
    routes: [route],
    activeBuild: null,
  };
}

function unstarted() {
  return { status: 'new', created: now(), started: null, completed: null };
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

function matches(environment: InMemoryEnvironment, target: EnvironmentTarget): boolean {
  return environment.project === target.project && environment.name === target.environment;
}
