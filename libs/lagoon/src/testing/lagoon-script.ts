import { deploymentPhase, MARKER_ARGUMENT } from '../lagoon.types';
import { deploymentOf, environmentIn, taskOf } from '../graphql/answer-mapping';
import type { Ambiguous, Refused } from '../lagoon.outcomes';
import type {
  EnvironmentTarget,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import type { Build, BuildTraits } from './world/builds';
import type { Environment, EnvironmentTraits } from './world/environment';
import type { Fault, FaultPlan } from './world/fault-plan';
import { EVERY_CALL } from './world/fault-plan';
import type { LagoonWorld } from './world/lagoon-world';
import type { LagoonRows } from './world/rows';
import { newestFirst } from './world/rows';
import { endTask } from './world/tasks';
import type { WorldObserver } from './world/world-context';

/** What the next call that changes something is answered. */
export interface ScriptedFault extends Fault {
  readonly answer: Refused | Ambiguous;
}

type Answered = Omit<
  LagoonEnvironment,
  'projectId' | 'environmentId' | 'activeBuild' | 'newestStatus' | 'routes'
>;

export interface EnvironmentFacts extends Partial<Answered> {
  readonly routes?: readonly string[];
  /** What the next answers name as its routes, one by one. */
  readonly nextRoutes?: readonly (readonly string[])[];
  readonly stoppedServices?: readonly string[];
}

/** What the in-memory Lagoon contains and does: specs set it here. */
export class LagoonScript {
  private readonly hidden = new Set<Environment>();

  constructor(
    private readonly world: LagoonWorld,
    private readonly rows: LagoonRows,
    private readonly faults: FaultPlan<ScriptedFault>,
  ) {}

  /** While true reads throw and mutations are ambiguous. */
  get unavailable(): boolean {
    return this.faults.outage;
  }

  set unavailable(active: boolean) {
    this.faults.outage = active;
  }

  /** Set: every new build and task ends at once with this status. */
  get endAtOnce(): 'complete' | 'failed' | null {
    return this.world.tasks.endsAtOnce;
  }

  set endAtOnce(status: 'complete' | 'failed' | null) {
    this.world.builds.traits = status === null ? {} : { runSeconds: 0, endStatus: status };
    this.world.tasks.endsAtOnce = status;
  }

  /** Creates the environment, or changes what is given of an existing one. */
  place(target: EnvironmentTarget, facts: EnvironmentFacts = {}): LagoonEnvironment {
    const { project, environment } = target;
    const placed = this.world.projects.upsert(project, environment, traitsOf(facts));
    const { deploymentsDisabled, restriction } = facts;
    placed.wakeSeconds = 0;
    if (deploymentsDisabled !== undefined) placed.project.deploymentsDisabled = deploymentsDisabled;
    if (restriction === null) placed.project.restrictions = [];
    if (restriction === 'NO_DEPLOYMENTS') placed.project.restrictions = [restriction];
    return this.shown(placed, (one) => this.rows.routes(one));
  }

  /** Is told of everything that takes effect from here on. */
  observe(observer: WorldObserver): void {
    this.world.context.observer = observer;
  }

  /** What is otherwise about the environment from here on. */
  change(target: EnvironmentTarget, traits: Partial<EnvironmentTraits>): void {
    Object.assign(this.placed(target), traits);
  }

  /** What is odd about the next builds of the environment, one by one. */
  nextBuilds(target: EnvironmentTarget, ...traits: readonly Partial<BuildTraits>[]): void {
    const environment = this.placed(target);
    environment.nextBuilds = [...environment.nextBuilds, ...traits];
  }

  remove(target: EnvironmentTarget): void {
    this.placed(target).deleted = true;
  }

  /** The next mutation gets this answer; several are used one by one. `lands`: its effect happens all the same. */
  answerNext(answer: Refused | Ambiguous, { lands = false } = {}): void {
    this.faults.add({ ...EVERY_CALL, lands, answer });
  }

  /** Ends every build of the environment in Lagoon's order, the waiting ones too. */
  endBuilds(target: EnvironmentTarget, status = 'complete'): void {
    this.placed(target).queue.endAll({ at: this.world.now(), status });
  }

  endTasks(target: EnvironmentTarget, status = 'complete'): void {
    for (const task of this.placed(target).tasks) endTask(task, { at: this.world.now(), status });
  }

  /** From here on a cancel of a task of the environment changes nothing. */
  ignoreTaskCancels(target: EnvironmentTarget): void {
    this.placed(target).ignoresTaskCancel = true;
  }

  /** Puts one build into any state, words of later Lagoons included. */
  setBuild(buildName: string, change: Build['shown']): void {
    const { status } = change;
    const { queue } = this.ownerOf(buildName);
    const build = this.buildNamed(buildName);
    if (status !== undefined && deploymentPhase(status) !== 'active') {
      queue.end(build, { at: this.world.now(), status });
    }
    build.shown = { ...build.shown, ...change };
  }

  /** A build that somebody else started. */
  foreignBuild(target: EnvironmentTarget): string {
    return this.world.builds.deploy(this.placed(target), {});
  }

  /** A second row for the call that made this build, as a queue that delivers twice leaves it. */
  duplicateBuild(buildName: string): string {
    const { bulkName, bulkId } = this.buildNamed(buildName);
    return this.world.builds.deploy(this.ownerOf(buildName), { bulkName, bulkId });
  }

  /** The row is gone, as retention leaves it. */
  removeBuild(buildName: string): void {
    this.world.builds.forget(this.ownerOf(buildName), this.buildNamed(buildName));
  }

  /** Registers a task that may be invoked in the environment. */
  registerTask(target: EnvironmentTarget, definition: Omit<RegisteredTask, 'id'>): RegisteredTask {
    const { name, takesMarker } = definition;
    const id = this.world.context.nextId();
    const declared = takesMarker ? [MARKER_ARGUMENT] : [];
    const task = { id, name, type: 'COMMAND', command: 'true', arguments: declared } as const;
    const environment = this.placed(target);
    environment.registeredTasks = [...environment.registeredTasks, task];
    return { id, name, takesMarker };
  }

  /** Batched reads give no answer for the environment from here on. */
  hide(target: EnvironmentTarget): void {
    this.hidden.add(this.placed(target));
  }

  reveal(target: EnvironmentTarget): void {
    this.hidden.delete(this.placed(target));
  }

  isHidden({ project, environment }: EnvironmentTarget): boolean {
    const found = this.world.projects.find(project, environment);
    return found !== undefined && this.hidden.has(found);
  }

  /** What Lagoon shows of an environment, and its builds, oldest first. */
  find({ project, environment: name }: EnvironmentTarget) {
    const environment = this.world.projects.find(project, name);
    if (environment === undefined || environment.deleted) return undefined;
    const facts = this.shown(environment, (one) => this.rows.routes(one));
    return { facts, deployments: this.deploymentsOf(environment) };
  }

  /** What the port answers: its next routes are used up. */
  answered({ project, environment: name }: EnvironmentTarget): LagoonEnvironment | null {
    const environment = this.world.projects.find(project, name);
    if (environment === undefined || environment.deleted) return null;
    return this.shown(environment, (one) => this.rows.takeRoutes(one));
  }

  allDeployments(): LagoonDeployment[] {
    return this.environments().flatMap((environment) => this.deploymentsOf(environment));
  }

  taskById(taskId: number): LagoonTask | undefined {
    const task = this.world.tasks.byId.get(taskId);
    return task && taskOf(this.rows.task(task));
  }

  private shown(
    { project, name }: Environment,
    routesOf: (environment: Environment) => readonly string[],
  ): LagoonEnvironment {
    this.world.settle();
    const environments = [...project.environments.values()]
      .filter(({ deleted }) => !deleted)
      .map((one) => ({
        ...this.rows.environment(one, routesOf(one)),
        deployments: newestFirst(one.queue.builds, 1).map((build) => this.rows.build(build)),
      }));
    const row = { ...this.rows.project(project), environments };
    const shown = environmentIn(row, { project: project.name, environment: name });
    if (shown === null) throw new TypeError(`no environment ${name}`);
    return shown;
  }

  private deploymentsOf({ queue }: Environment): LagoonDeployment[] {
    this.world.settle();
    return queue.builds.map((build) => deploymentOf(this.rows.build(build)));
  }

  private environments(): Environment[] {
    return [...this.world.projects.environments.values()];
  }

  private placed({ project, environment: name }: EnvironmentTarget): Environment {
    this.world.settle();
    const environment = this.world.projects.find(project, name);
    if (environment === undefined) throw new TypeError(`no environment ${name}`);
    return environment;
  }

  private ownerOf(buildName: string): Environment {
    const { environmentId } = this.buildNamed(buildName);
    const owner = this.world.projects.environments.get(environmentId);
    if (owner === undefined) throw new TypeError(`no environment of ${buildName}`);
    return owner;
  }

  private buildNamed(buildName: string): Build {
    this.world.settle();
    const build = [...this.world.builds.byId.values()].find(({ name }) => name === buildName);
    if (build === undefined) throw new TypeError(`no build ${buildName}`);
    return build;
  }
}

function traitsOf(facts: EnvironmentFacts): Partial<EnvironmentTraits> {
  const {
    environmentType,
    deployType,
    deployBaseRef,
    autoIdle,
    idleState,
    nextRoutes,
    stoppedServices,
  } = facts;
  const routes = facts.routes ?? (typeof facts.route === 'string' ? [facts.route] : undefined);
  const kind = { environmentType, deployType, deployBaseRef };
  const traits = {
    ...kind,
    autoIdle,
    idleState,
    routes,
    nextRoutes,
    stoppedServices,
    deleted: false,
  };
  const given = Object.entries(traits).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given);
}
