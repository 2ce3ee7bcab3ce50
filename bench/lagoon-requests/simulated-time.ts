/** Simulated seconds per real second. */
export const SPEED = 10;

const REAL_SETTINGS_MS = {
  UPLIFT_POLL_EARLY_INTERVAL_MS: 30_000,
  UPLIFT_POLL_EARLY_FOR_MS: 120_000,
  UPLIFT_POLL_INTERVAL_MS: 60_000,
  UPLIFT_POLL_QUEUED_INTERVAL_MS: 180_000,
  UPLIFT_PROBE_INTERVAL_MS: 15_000,
};

/** Settings of the services as they are by default, as much faster as Lagoon's clock. */
export function fasterSettings(): Record<string, string> {
  const entries = Object.entries(REAL_SETTINGS_MS);
  return Object.fromEntries(entries.map(([name, ms]) => [name, String(ms / SPEED)]));
}
