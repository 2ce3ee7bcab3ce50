import type { Lagoon, LagoonDeployment } from '@uplift/lagoon';

const NEWEST_BUILDS = 20;

/** The newest build that came after ours in the same environment; null if ours is still the last. */
export async function supersederOf(
  lagoon: Lagoon,
  environmentId: number,
  ours: LagoonDeployment,
): Promise<LagoonDeployment | null> {
  const builds = await lagoon.deploymentsOf(environmentId, { limit: NEWEST_BUILDS });
  const newer = builds.filter(({ id }) => id > ours.id).sort((a, b) => b.id - a.id);
  return newer[0] ?? null;
}
