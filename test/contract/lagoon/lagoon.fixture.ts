import type { EnvironmentTarget, Lagoon, RegisteredTask } from '@uplift/lagoon';
import type { EnvironmentFacts } from '@uplift/lagoon/testing';

export type Traits = Pick<
  EnvironmentFacts,
  | 'deploymentsDisabled'
  | 'restriction'
  | 'idleState'
  | 'autoIdle'
  | 'deployBaseRef'
  | 'nextRoutes'
  | 'stoppedServices'
>;

/** What the suites need to do to whatever stands behind the port. */
export interface LagoonFixture {
  readonly lagoon: Lagoon;
  place(target: EnvironmentTarget, traits?: Traits): Promise<void>;
  endBuilds(target: EnvironmentTarget): Promise<void>;
  endTasks(target: EnvironmentTarget): Promise<void>;
  failNextBuild(target: EnvironmentTarget): Promise<void>;
  /** Lets a minute pass: no build ends in it. */
  aMinute(): Promise<void>;
  /** Answers the definition's id. */
  registerTask(target: EnvironmentTarget, task: Omit<RegisteredTask, 'id'>): Promise<number>;
  /** A second row under the marker of a build. */
  duplicate(target: EnvironmentTarget, build: { name: string; marker: string }): Promise<void>;
  /** Deletes the row, as retention does. */
  removeBuild(target: EnvironmentTarget, name: string): Promise<void>;
  /** The next batched read answers nothing of use for its first slot, which asks for this one. */
  failFirstSlot(target: EnvironmentTarget): Promise<void>;
  outage(active: boolean): Promise<void>;
  /** The next mutation lands, but its answer is lost. */
  loseNextAnswer(): Promise<void>;
  refuseNext(): Promise<void>;
  close(): Promise<void>;
}

export const APP: EnvironmentTarget = { project: 'app', environment: 'main' };
export const NOBODY: EnvironmentTarget = { project: 'nobody', environment: 'main' };
export const NO_ID = 999_999;
