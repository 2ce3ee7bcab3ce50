import type { DeploymentPhase } from '../deployment-phase';
import { deploymentPhase, taskPhase } from '../deployment-phase';
import type { LagoonDeployment, LagoonEnvironment, LagoonTask } from '../lagoon.types';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type DeploymentRecord = Mutable<LagoonDeployment>;
export type TaskRecord = Mutable<LagoonTask>;

/** One environment of the twin: its facts, its builds and its tasks, oldest first. */
export class InMemoryEnvironment {
  readonly deployments: DeploymentRecord[] = [];
  readonly tasks: TaskRecord[] = [];

  constructor(
    readonly project: string,
    readonly name: string,
    public facts: LagoonEnvironment,
  ) {}

  /** The facts, with what the builds make of them. */
  get shown(): LagoonEnvironment {
    const newest = this.deployments.at(-1);
    const isActive = newest !== undefined && deploymentPhase(newest.status) === 'active';
    return { ...this.facts, activeBuild: isActive ? newest.name : null };
  }

  /** Lagoon runs one build per environment; the others wait. */
  addDeployment(deployment: LagoonDeployment): void {
    const waits = this.activeDeployments().length > 0;
    this.deployments.push({ ...deployment, status: waits ? 'queued' : 'running' });
  }

  /** Ends the running build; of those that wait only the newest lives on. False if none was running. */
  endRunning(status: string, at: string): boolean {
    const [running, ...waiting] = this.activeDeployments();
    if (running === undefined) return false;
    endDeployment(running, status, at);
    const newest = waiting.pop();
    for (const older of waiting) endDeployment(older, 'cancelled', at);
    if (newest !== undefined) newest.status = 'running';
    return true;
  }

  endTasks(status: string, at: string): void {
    for (const task of this.tasks) {
      if (!isActive(taskPhase(task.status))) continue;
      task.status = status;
      task.completed = at;
    }
  }

  private activeDeployments(): DeploymentRecord[] {
    return this.deployments.filter(({ status }) => isActive(deploymentPhase(status)));
  }
}

function endDeployment(deployment: DeploymentRecord, status: string, at: string): void {
  deployment.status = status;
  deployment.buildStep = status === 'complete' ? 'deployCompleted' : deployment.buildStep;
  deployment.completed = at;
}

function isActive(phase: DeploymentPhase): boolean {
  return phase === 'active';
}
