import { deploymentPhase, MARKER_ARGUMENT } from '../lagoon.types';
import type {
  EnvironmentRoute,
  EnvironmentTarget,
  EnvironmentVariable,
  LagoonDeployment,
  LagoonEnvironment,
  LagoonTask,
  RegisteredTask,
} from '../lagoon.types';
import type * as rows from './answer-schemas';

const NO_DEPLOYMENTS = 'NO_DEPLOYMENTS';

// Lagoon writes UTC without saying so.
const LAGOON_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})/;

export function instantOf(text: string | null | undefined): string | null {
  const parts = LAGOON_TIME.exec(text ?? '');
  return parts === null ? null : `${parts[1]}T${parts[2]}Z`;
}

function textOrNull(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

export function deploymentOf(row: rows.DeploymentRow): LagoonDeployment {
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

export function taskOf(row: rows.TaskRow): LagoonTask {
  return {
    id: row.id,
    name: row.name,
    taskName: textOrNull(row.taskName),
    status: row.status.toLowerCase(),
    service: textOrNull(row.service),
    command: textOrNull(row.command),
    created: instantOf(row.created),
    started: instantOf(row.started),
    completed: instantOf(row.completed),
  };
}

export function registeredTaskOf(row: rows.RegisteredTaskRow): RegisteredTask {
  const declared = row.advancedTaskDefinitionArguments ?? [];
  const takesMarker = declared.some(({ name }) => name === MARKER_ARGUMENT);
  return { id: row.id, name: row.name, takesMarker };
}

export function variableOf({ name, value, scope }: rows.VariableRow): EnvironmentVariable {
  return { name, value, scope: scope.toUpperCase() };
}

/** What Lagoon names as URLs of an environment, the primary one first, each once. */
function routesIn(row: rows.EnvironmentRow): string[] {
  const listed = (row.routes ?? '').split(',').map((route) => route.trim());
  return [...new Set([row.route ?? '', ...listed])].filter((route) => route !== '');
}

function routesAmong(
  row: rows.EnvironmentRow,
  environments: readonly rows.EnvironmentRow[],
): EnvironmentRoute[] {
  const others = environments.filter(({ id }) => id !== row.id);
  const owners = new Map(
    others.flatMap((other) => routesIn(other).map((text) => [placeOf(text), other.name] as const)),
  );
  return routesIn(row).map((text) => ({ text, alsoOf: owners.get(placeOf(text)) ?? null }));
}

/** Two texts that lead to the same page are one. */
function placeOf(text: string): string {
  if (!URL.canParse(text)) return text;
  const { host, pathname } = new URL(text);
  return `${host}${pathname.replace(/\/+$/, '')}`;
}

function isOwnUrl({ text, alsoOf }: EnvironmentRoute): boolean {
  return alsoOf === null && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function newestBuildIn({ deployments: [newest] }: rows.EnvironmentRow) {
  if (newest === undefined) return { activeBuild: null, newestStatus: null };
  const newestStatus = newest.status.toLowerCase();
  const isActive = deploymentPhase(newestStatus) === 'active';
  return { activeBuild: isActive ? newest.name : null, newestStatus };
}

function routesOf(row: rows.EnvironmentRow, environments: readonly rows.EnvironmentRow[]) {
  const routes = routesAmong(row, environments);
  return { route: routes.find(isOwnUrl)?.text ?? null, routes };
}

function projectFactsOf({ id, deploymentsDisabled, restrictions }: rows.ProjectRow) {
  const isRestricted = restrictions?.includes(NO_DEPLOYMENTS) ?? false;
  return {
    projectId: id,
    deploymentsDisabled: isRestricted || (deploymentsDisabled ?? 0) !== 0,
    restriction: isRestricted ? NO_DEPLOYMENTS : null,
  };
}

export function environmentIn(
  project: rows.ProjectRow,
  target: EnvironmentTarget,
): LagoonEnvironment | null {
  const row = project.environments.find(({ name }) => name === target.environment);
  if (row === undefined) return null;
  return {
    ...projectFactsOf(project),
    environmentId: row.id,
    environmentType:
      row.environmentType.toLowerCase() === 'production' ? 'production' : 'development',
    deployType: row.deployType.toLowerCase(),
    deployBaseRef: textOrNull(row.deployBaseRef),
    autoIdle: (project.autoIdle ?? 1) !== 0 && (row.autoIdle ?? 1) !== 0,
    idleState: textOrNull(row.idleState),
    ...routesOf(row, project.environments),
    ...newestBuildIn(row),
  };
}
