import type { EnvironmentTarget } from './lagoon.types';

export interface BuildVariable {
  readonly name: string;
  readonly value: string;
}

interface MarkedDeployment {
  /** The marker, at most 100 characters. */
  readonly bulkName: string;
  /** At most 50 characters. */
  readonly bulkId?: string;
}

export interface DeployLatestRequest extends MarkedDeployment {
  readonly environmentId: number;
  /** Here only a platform role may choose one; otherwise Lagoon refuses with cause `configuration`. */
  readonly bulkId?: string;
  /** 0 to 10, higher goes first; under the same rule as `bulkId`. */
  readonly priority?: number;
  readonly buildVariables?: readonly BuildVariable[];
}

export interface DeployBranchRequest extends MarkedDeployment {
  readonly project: string;
  readonly branchName: string;
  /** Commit or tag, which Lagoon forgets after this build; absent: the head of the branch. */
  readonly branchRef?: string;
  readonly buildVariables?: readonly BuildVariable[];
}

/** Both environments belong to the project. */
export interface DeployPromoteRequest extends MarkedDeployment {
  readonly project: string;
  readonly sourceEnvironment: string;
  readonly destinationEnvironment: string;
}

export interface BuildTarget {
  readonly environmentId: number;
  readonly buildName: string;
}

export interface AddTaskRequest {
  readonly environmentId: number;
  /** The marker, at most 100 characters. */
  readonly name: string;
  readonly service: string;
  readonly command: string;
}

export interface InvokeTaskRequest {
  readonly environmentId: number;
  readonly taskDefinitionId: number;
  /** At most 100 letters, digits, spaces and `_.:@-`: it becomes part of a command. */
  readonly marker: string;
}

export type VariableScope = 'BUILD' | 'RUNTIME' | 'GLOBAL' | 'CONTAINER_REGISTRY';

export interface SetVariableRequest extends EnvironmentTarget {
  readonly name: string;
  readonly value: string;
  readonly scope: VariableScope;
}

export const DEFAULT_LOOKUP_ROWS = 10;

/** Most environments looked up or asked about in one request: more make one answer slow for everybody. */
export const ENVIRONMENTS_PER_REQUEST = 50;

/** Builds of one environment to look up: those of a name, or without a name the newest. */
export interface DeploymentLookup {
  readonly environmentId: number;
  readonly name?: string;
  /** Most rows; DEFAULT_LOOKUP_ROWS if absent, so that duplicates and superseding builds are seen. */
  readonly limit?: number;
}

export interface DeploymentFilter {
  readonly limit: number;
  readonly name?: string;
}

export function slicesOf<T>(items: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size));
  return slices;
}
