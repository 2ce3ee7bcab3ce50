import type { SimulatorOptions } from '../simulator.options';
import type { Build, WalkTimes } from './build';
import { INSTANT_WALK, WALK } from './build';
import { BuildQueue } from './build-queue';
import type { Environment, EnvironmentTraits, Project } from './environment';
import { NEW_ENVIRONMENT } from './environment';
import { SeededRandom } from './seeded-random';
import { SimulatedClock } from './simulated-clock';
import type { Task } from './task';

export interface DeployOrder {
  readonly bulkId: string | null;
  readonly bulkName: string | null;
  readonly priority: number | null;
  readonly variablesOnly: boolean;
}

export interface TaskOrder {
  readonly name: string;
  readonly service: string | null;
  readonly command: string | null;
}

const DURATION_JITTER = 0.25;

/** Everything the simulated Lagoon knows. */
export class LagoonWorld {
  readonly clock: SimulatedClock;
  readonly walk: WalkTimes;
  readonly projects = new Map<string, Project>();
  readonly projectsById = new Map<number, Project>();
  readonly environments = new Map<number, Environment>();
  readonly tasks = new Map<number, Task>();
  readonly builds = new Map<number, Build>();
  /** Told of every build row the moment it exists. */
  onBuild: (build: Build) => void = () => undefined;
  private readonly buildsByBulkId = new Map<string, Build[]>();
  private readonly random: SeededRandom;
  private lastId = 0;

  constructor(private readonly options: SimulatorOptions) {
    this.clock = new SimulatedClock(options.clockSpeed);
    this.walk = this.clock.instant ? INSTANT_WALK : WALK;
    this.random = new SeededRandom(options.seed);
  }

  find(project: string, environment: string): Environment | undefined {
    return this.projects.get(project)?.environments.get(environment);
  }

  /** Creates what is missing; given traits replace those that are there. */
  upsert(project: string, name: string, traits: Partial<EnvironmentTraits>): Environment {
    const existing = this.find(project, name);
    if (existing !== undefined) return Object.assign(existing, traits);
    const owner = this.projectNamed(project);
    const environment: Environment = {
      ...NEW_ENVIRONMENT,
      ...traits,
      id: this.nextId(),
      name,
      project: owner,
      queue: new BuildQueue(this.walk, (build) => this.buildEnded(build)),
      tasks: [],
    };
    owner.environments.set(name, environment);
    this.environments.set(environment.id, environment);
    return environment;
  }

  deploy(environment: Environment, order: DeployOrder): Build {
    const fails = environment.failBuilds > 0;
    if (fails) environment.failBuilds -= 1;
    const build: Build = {
      id: this.nextId(),
      name: `lagoon-${order.variablesOnly ? 'variables' : 'build'}-${this.random.word(6)}`,
      environmentId: environment.id,
      createdAt: this.clock.now(),
      bulkId: order.bulkId,
      bulkName: order.bulkName,
      priority: order.priority ?? (environment.environmentType === 'production' ? 6 : 5),
      durationMs: this.buildDuration(environment),
      result: fails ? 'failed' : 'complete',
      warnings: environment.buildWarnings,
      sourceUser: 'uplift@example.com',
      buildType: order.variablesOnly ? 'variables' : 'build',
      slotAt: null,
      end: null,
    };
    this.builds.set(build.id, build);
    this.indexByBulkId(build);
    environment.queue.add(build);
    this.onBuild(build);
    return build;
  }

  runTask(environment: Environment, order: TaskOrder): Task {
    const known = environment.services.includes(order.service ?? 'cli');
    const fails = known && environment.failTasks > 0;
    if (fails) environment.failTasks -= 1;
    const task: Task = {
      ...order,
      id: this.nextId(),
      environmentId: environment.id,
      taskName: `lagoon-task-${this.random.word(6)}`,
      createdAt: this.clock.now(),
      durationMs: this.clock.instant ? 0 : this.options.taskSeconds * 1000,
      result: fails ? 'failed' : known ? 'complete' : 'lost',
      cancelledAt: null,
    };
    this.tasks.set(task.id, task);
    environment.tasks.push(task);
    return task;
  }

  buildsOfBulk(bulkId: string): readonly Build[] {
    return this.buildsByBulkId.get(bulkId) ?? [];
  }

  /** The environment with everything done that happened up to now. */
  settled(environment: Environment): Environment {
    environment.queue.settle(this.clock.now());
    return environment;
  }

  chance(): number {
    return this.random.next();
  }

  private projectNamed(name: string): Project {
    const existing = this.projects.get(name);
    if (existing !== undefined) return existing;
    const environments = new Map<string, Environment>();
    const project: Project = { id: this.nextId(), name, deploymentsDisabled: false, environments };
    this.projects.set(name, project);
    this.projectsById.set(project.id, project);
    return project;
  }

  private buildEnded(build: Build): void {
    const environment = this.environments.get(build.environmentId);
    const after = environment?.healthAfterBuild ?? null;
    if (environment === undefined || after === null || build.result !== 'complete') return;
    environment.health = after;
  }

  private buildDuration(environment: Environment): number {
    if (this.clock.instant && environment.buildSeconds === null) return 0;
    const seconds = environment.buildSeconds ?? this.options.buildSeconds;
    const jitter = 1 + (this.random.next() * 2 - 1) * DURATION_JITTER;
    return seconds * 1000 * jitter;
  }

  private indexByBulkId(build: Build): void {
    if (build.bulkId === null) return;
    const others = this.buildsByBulkId.get(build.bulkId);
    if (others === undefined) this.buildsByBulkId.set(build.bulkId, [build]);
    else others.push(build);
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}
