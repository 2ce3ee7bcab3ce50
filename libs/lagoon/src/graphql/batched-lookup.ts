import type { DeploymentLookup, LagoonDeployment } from '../lagoon.types';
import { deploymentOf } from './answer-mapping';
import type { GraphqlEnvelope } from './lagoon.answers';
import { isEnvironmentWithDeployments } from './lagoon.answers';
import { checked, errorOf } from './read-answer';

export function slicesOf<T>(items: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let from = 0; from < items.length; from += size) slices.push(items.slice(from, from + size));
  return slices;
}

export function lookupVariables(lookups: readonly DeploymentLookup[]): Record<string, unknown> {
  const variables: Record<string, unknown> = {};
  lookups.forEach(({ environmentId, name }, slot) => {
    variables[`e${slot}`] = environmentId;
    variables[`n${slot}`] = name;
  });
  return variables;
}

/**
 * Adds what each look-up found. A slot without a value gets no entry: Lagoon did not say that the build
 * is missing. An answer without any value at all is thrown as what its first error means.
 */
export function deploymentsIn(
  envelope: GraphqlEnvelope,
  lookups: readonly DeploymentLookup[],
  found: Map<number, LagoonDeployment[]>,
): void {
  const error = envelope.errors?.[0];
  if (!envelope.data && error !== undefined) throw errorOf(error, envelope);
  lookups.forEach(({ environmentId }, slot) => {
    const value = envelope.data?.[`e${slot}`] ?? null;
    if (value === null) return;
    const rows = checked(value, isEnvironmentWithDeployments).deployments;
    found.set(environmentId, [...(found.get(environmentId) ?? []), ...rows.map(deploymentOf)]);
  });
}
