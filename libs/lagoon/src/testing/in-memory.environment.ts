import { deploymentPhase, taskPhase } from '../deployment-phase';
import type {
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type DeploymentRecord = Mutable<LagoonDeployment>;
export type TaskRecord = Mutable<LagoonTask>;

/** One environment of the twin: its facts, its builds and its tasks, oldest first. */
export class InMemoryEnvironment {
  readonly deployments: DeploymentRecord[] = [];
  readonly tasks: TaskRecord[] = [];
  readonly variables = new Map<string, EnvironmentVariable>();
  readonly registeredTasks: RegisteredTask[] = [];

  constructor(
    readonly project: string,
    readonly name: string,
    public facts: LagoonEnvironment,
  ) {}

  get target(): EnvironmentTarget {
    return { project: this.project, environment: this.name };
  }

  /** The facts, with what the builds make of them. */
  get shown(): LagoonEnvironment {
    const newest = this.deployments.at(-1);
    const activeBuild = newest && isBuilding(newest) ? newest.name : null;
    return { ...this.facts, deploymentsDisabled: this.isClosedTo('Deployments'), activeBuild };
  }

  /** A restriction on deployments leaves tasks alone. */
  isClosedTo(what: 'Tasks' | 'Deployments'): boolean {
    const { deploymentsDisabled, restriction } = this.facts;
    return deploymentsDisabled || (what === 'Deployments' && restriction === 'NO_DEPLOYMENTS');
  }

  /** Lagoon runs one build per environment; the others wait. */
  addDeployment(deployment: LagoonDeployment): void {
    const waits = this.deployments.some(isBuilding);
    this.deployments.push({ ...deployment, status: waits ? 'queued' : 'running' });
  }

  /** Ends the running build; of those that wait only the newest lives on. False if none was running. */
  endRunning(status: string, at: string): boolean {
    const running = this.deployments.find(isBuilding);
    if (running === undefined) return false;
    endDeployment(running, status, at);
    this.startNewest(at);
    return true;
  }

  /** False if there is no such build; one that has ended stays as it is. */
  cancelDeployment(name: string, at: string): boolean {
    const build = this.deployments.find((other) => other.name === name);
    if (build === undefined) return false;
    if (!isBuilding(build)) return true;
    const wasRunning = build === this.deployments.find(isBuilding);
    endDeployment(build, 'cancelled', at);
    if (wasRunning) this.startNewest(at);
    return true;
  }

  removeDeployment(name: string): void {
    const index = this.deployments.findIndex((build) => build.name === name);
    if (index >= 0) this.deployments.splice(index, 1);
  }

  endTasks(status: string, at: string): void {
    for (const task of this.tasks) endTask(task, status, at);
  }

  private startNewest(at: string): void {
    const waiting = this.deployments.filter(isBuilding);
    const newest = waiting.pop();
    for (const older of waiting) endDeployment(older, 'cancelled', at);
    if (newest !== undefined) newest.status = 'running';
  }
}

/** A task that has ended stays as it is. */
export function endTask(task: TaskRecord, status: string, at: string): void {
  if (taskPhase(task.status) !== 'active') return;
  task.status = status;
  task.completed = at;
}

function endDeployment(deployment: DeploymentRecord, status: string, at: string): void {
  deployment.status = status;
  deployment.buildStep = status === 'complete' ? 'deployCompleted' : deployment.buildStep;
  deployment.completed = at;
}

function isBuilding({ status }: LagoonDeployment): boolean {
  return deploymentPhase(status) === 'active';
}
