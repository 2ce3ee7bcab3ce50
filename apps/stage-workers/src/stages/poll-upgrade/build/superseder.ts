import type { LagoonDeployment } from '@uplift/lagoon';

/** The newest build that came after ours in the same environment; null if ours is still the last. */
export function supersederOf(
  ours: LagoonDeployment,
  rows: readonly LagoonDeployment[],
): LagoonDeployment | null {
  const newer = rows.filter(({ id }) => id > ours.id).sort((one, other) => other.id - one.id);
  return newer[0] ?? null;
}
