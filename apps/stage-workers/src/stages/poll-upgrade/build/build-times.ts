import type { LagoonDeployment } from '@uplift/lagoon';

/** Lagoon's own times of a build, whole milliseconds; null where Lagoon gave none. */
export function buildTimes({ created, started, completed }: LagoonDeployment): {
  readonly queuedMs: number | null;
  readonly buildMs: number | null;
} {
  return { queuedMs: between(created, started), buildMs: between(started, completed) };
}

function between(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
