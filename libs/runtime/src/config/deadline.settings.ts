import type { Setting } from './setting';
import { ms } from './setting-rows';

/** How long anything may take before somebody is told. */
export const DEADLINE_SETTINGS = {
  rowVisibleMs: ms(
    'UPLIFT_ROW_VISIBLE_MS',
    120_000,
    'Longest time until an accepted deployment shows in Lagoon',
  ),
  buildNotStartedMs: ms(
    'UPLIFT_BUILD_NOT_STARTED_MS',
    900_000,
    'Longest time a deployment may stay new without being queued',
  ),
  buildVanishedMs: ms(
    'UPLIFT_BUILD_VANISHED_MS',
    1_800_000,
    'Time after which a deployment that Lagoon shows no more counts as vanished',
  ),
  deadlinePendingMs: ms('UPLIFT_DEADLINE_PENDING_MS', 300_000, 'Longest wait of a pending stage'),
  deadlineStepMs: ms('UPLIFT_DEADLINE_STEP_MS', 600_000, 'Longest pre or post step'),
  deadlineQueuedMs: ms(
    'UPLIFT_DEADLINE_QUEUED_MS',
    21_600_000,
    'Longest time a deployment may queue',
  ),
  deadlineRunningMs: ms(
    'UPLIFT_DEADLINE_RUNNING_MS',
    25_200_000,
    'Longest time a deployment may run',
  ),
  deadlineCallMs: ms(
    'UPLIFT_DEADLINE_CALL_MS',
    3_600_000,
    'Longest time until the outcome of a deploy call is known',
  ),
  deadlineVerifyMs: ms('UPLIFT_DEADLINE_VERIFY_MS', 900_000, 'Longest health check at the end'),
  deadlineAttemptMs: ms('UPLIFT_DEADLINE_ATTEMPT_MS', 43_200_000, 'Longest whole attempt'),
  watchdogIntervalMs: ms(
    'UPLIFT_WATCHDOG_INTERVAL_MS',
    1_000,
    'Pause between two rounds of the watchdog',
  ),
} as const satisfies Record<string, Setting>;
