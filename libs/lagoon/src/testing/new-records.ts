import type { EnvironmentTarget, LagoonEnvironment } from '../lagoon.types';
import type { InMemoryEnvironment } from './in-memory.environment';

/** What an environment of the twin is unless a spec says otherwise. */
export function factsOf(
  target: EnvironmentTarget,
  projectId: number,
  id: number,
): LagoonEnvironment {
  const route = `https://${target.environment}.${target.project}.example.com`;
  return {
    projectId,
    environmentId: id,
    environmentType: 'production',
    deployType: 'branch',
    deploymentsDisabled: false,
    restriction: null,
    autoIdle: true,
    idleState: 'active',
    route,
    routes: [route],
    activeBuild: null,
  };
}

export function unstarted() {
  return { status: 'new', created: now(), started: null, completed: null };
}

/** Lagoon's time has seconds only. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

export function matches(environment: InMemoryEnvironment, target: EnvironmentTarget): boolean {
  return environment.project === target.project && environment.name === target.environment;
}
