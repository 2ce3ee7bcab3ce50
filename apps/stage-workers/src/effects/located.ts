import type { LocatedEnvironment, WorkOrder } from '@uplift/domain';
import type { Lagoon, LagoonEnvironment } from '@uplift/lagoon';

/** What later stages need to know of the environment. */
export function locatedOf(environment: LagoonEnvironment): LocatedEnvironment {
  const { projectId, environmentId, route, deployType, deployBaseRef } = environment;
  const branch = deployBaseRef === null ? {} : { deployBaseRef };
  return { projectId, environmentId, route, deployType, ...branch };
}

/** Where the instance lives, also before the pre-upgrade is complete; null if Lagoon does not show it any more. */
export async function locate(
  lagoon: Lagoon,
  { located, profile }: WorkOrder,
  signal: AbortSignal,
): Promise<LocatedEnvironment | null> {
  if (located !== null) return located;
  const environment = await lagoon.findEnvironment(profile, signal);
  return environment && locatedOf(environment);
}
