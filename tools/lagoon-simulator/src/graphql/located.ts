import type { Environment, Project } from '../world/environment';
import type { Places } from '../world/places';

export interface ProjectInput {
  readonly id?: number | null;
  readonly name?: string | null;
}

export interface EnvironmentInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly project?: ProjectInput | null;
}

/** Lagoon says no more than this about what is missing, deleted, or not to be seen. */
export class UnauthorizedError extends Error {
  constructor() {
    super('Unauthorized');
  }
}

/** Throws UnauthorizedError if there is none, or only a deleted one. */
export function environmentIn(places: Places, input: EnvironmentInput): Environment {
  const environment =
    typeof input.id === 'number'
      ? places.environments.get(input.id)
      : projectBy(places, input.project ?? {})?.environments.get(input.name ?? '');
  if (environment === undefined || environment.deleted) throw new UnauthorizedError();
  return environment;
}

/** Throws UnauthorizedError if there is none. */
export function projectIn(places: Places, input: ProjectInput): Project {
  const project = projectBy(places, input);
  if (project === undefined) throw new UnauthorizedError();
  return project;
}

function projectBy(places: Places, { id, name }: ProjectInput): Project | undefined {
  if (typeof name === 'string') return places.projects.get(name);
  return places.projectsById.get(id ?? 0);
}
