import { deploymentPhase } from '../deployment-phase';
import type {
  EnvironmentTarget,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
} from '../lagoon.types';
import type { DeploymentRow, EnvironmentRow, ProjectRow, TaskRow } from './lagoon.answers';

// Lagoon writes UTC without saying so.
const LAGOON_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/;

export function instantOf(text: string | null | undefined): string | null {
  const parts = LAGOON_TIME.exec(text ?? '');
  return parts === null ? null : `${parts[1]}T${parts[2]}Z`;
}

function textOrNull(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

export function deploymentOf(row: DeploymentRow): LagoonDeployment {
  return {
    id: row.id,
    name: row.name,
    status: row.status.toLowerCase(),
    buildStep: textOrNull(row.buildStep),
    created: instantOf(row.created),
    started: instantOf(row.started),
    completed: instantOf(row.completed),
    bulkId: textOrNull(row.bulkId),
    bulkName: textOrNull(row.bulkName),
  };
}

export function taskOf(row: TaskRow): LagoonTask {
  return {
    id: row.id,
    name: row.name,
    taskName: textOrNull(row.taskName),
    status: row.status.toLowerCase(),
    service: textOrNull(row.service),
    created: instantOf(row.created),
    started: instantOf(row.started),
    completed: instantOf(row.completed),
  };
}

/** All URLs of an environment, the primary one first, each once. */
export function routesIn(row: Pick<EnvironmentRow, 'route' | 'routes'>): string[] {
  const listed = (row.routes ?? '').split(',').map((route) => route.trim());
  return [...new Set([row.route ?? '', ...listed])].filter((route) => route !== '');
}

function activeBuildIn({ deployments: [newest] }: EnvironmentRow): string | null {
  if (newest === undefined) return null;
  return deploymentPhase(newest.status) === 'active' ? newest.name : null;
}

export function environmentIn(
  project: ProjectRow,
  target: EnvironmentTarget,
): LagoonEnvironment | null {
  const row = project.environments.find(({ name }) => name === target.environment);
  if (row === undefined) return null;
  return {
    projectId: project.id,
    environmentId: row.id,
    environmentType:
      row.environmentType.toLowerCase() === 'production' ? 'production' : 'development',
    deployType: row.deployType.toLowerCase(),
    deploymentsDisabled: (project.deploymentsDisabled ?? 0) !== 0,
    idleState: textOrNull(row.idleState),
    route: textOrNull(row.route),
    routes: routesIn(row),
    activeBuild: activeBuildIn(row),
  };
}
