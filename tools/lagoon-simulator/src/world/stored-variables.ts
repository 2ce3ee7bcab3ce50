import type { Project } from './environment';
import type { Places } from './places';
import type { Variable, VariableHolder } from './variables';

export interface StoredVariableRow extends Omit<Variable, 'id' | 'updatedAt'> {
  readonly project: string;
  /** Null: a variable of the project itself. */
  readonly environment: string | null;
}

/** The variables of one project and its environments; of every project if `project` is null. */
export function variablesIn(places: Places, project: string | null): StoredVariableRow[] {
  const projects = [...places.projects.values()];
  return projects.filter(({ name }) => (project ?? name) === name).flatMap(variablesOf);
}

function variablesOf(project: Project): StoredVariableRow[] {
  const environments = [...project.environments.values()];
  return [
    ...rowsOf(project, project.name, null),
    ...environments.flatMap((environment) => rowsOf(environment, project.name, environment.name)),
  ];
}

function rowsOf(
  holder: VariableHolder,
  project: string,
  environment: string | null,
): StoredVariableRow[] {
  return [...holder.variables.values()].map(({ name, scope, value, writes }) => ({
    ...{ project, environment, name, scope, value, writes },
  }));
}
