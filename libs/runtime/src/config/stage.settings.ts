import { count, limit, ms, switchedOff, type Setting } from './setting';

/** How stages call, poll and probe. */
export const STAGE_SETTINGS = {
  stages: {
    env: 'UPLIFT_STAGES',
    type: 'list',
    default: '',
    description: 'Stages this process works on, separated by commas',
  },
  pollEarlyIntervalMs: ms(
    'UPLIFT_POLL_EARLY_INTERVAL_MS',
    30_000,
    'Pause between two polls of a young deployment',
  ),
  pollEarlyForMs: ms(
    'UPLIFT_POLL_EARLY_FOR_MS',
    120_000,
    'Age up to which a deployment counts as young',
  ),
  pollIntervalMs: ms('UPLIFT_POLL_INTERVAL_MS', 60_000, 'Pause between two polls of a deployment'),
  pollQueuedIntervalMs: ms(
    'UPLIFT_POLL_QUEUED_INTERVAL_MS',
    180_000,
    'Pause between two polls of a deployment that is queued',
  ),
  pollBatch: count('UPLIFT_POLL_BATCH', 50, 'Deployments asked about in one request'),
  taskPollIntervalMs: ms(
    'UPLIFT_TASK_POLL_INTERVAL_MS',
    5_000,
    'Pause between two polls of a task',
  ),
  lateWatchMs: ms(
    'UPLIFT_LATE_WATCH_MS',
    86_400_000,
    'Time after a missed deadline in which a late outcome is still looked for',
  ),
  lateIntervalMs: ms(
    'UPLIFT_LATE_INTERVAL_MS',
    300_000,
    'Pause between two looks for a late outcome',
  ),
  probeSuccesses: count('UPLIFT_PROBE_SUCCESSES', 3, 'Good answers in a row that prove health'),
  probeIntervalMs: ms('UPLIFT_PROBE_INTERVAL_MS', 15_000, 'Pause between two health probes'),
  probeTimeoutMs: ms('UPLIFT_PROBE_TIMEOUT_MS', 10_000, 'Longest wait for one health probe'),
  probeWindowMs: ms('UPLIFT_PROBE_WINDOW_MS', 600_000, 'Time an instance has to prove its health'),
  probeAllowLoopback: switchedOff(
    'UPLIFT_PROBE_ALLOW_LOOPBACK',
    'Allow health probes to loopback addresses (development only)',
  ),
  callLeaseMs: ms(
    'UPLIFT_CALL_LEASE_MS',
    30_000,
    'Time after its own intent in which a deploy call may still start',
  ),
  callTimeoutMs: ms('UPLIFT_CALL_TIMEOUT_MS', 20_000, 'Longest wait for one Lagoon call'),
  permissionTries: count(
    'UPLIFT_PERMISSION_TRIES',
    3,
    'Refusals for lack of permission, one after another, that count as final',
  ),
  permissionPauseMs: ms(
    'UPLIFT_PERMISSION_PAUSE_MS',
    300_000,
    'Pause before a call refused for lack of permission is made again',
  ),
  reconcileIntervalMs: ms(
    'UPLIFT_RECONCILE_INTERVAL_MS',
    10_000,
    'Pause between two look-ups of a call whose outcome is unknown',
  ),
  notFoundGapMs: ms(
    'UPLIFT_NOT_FOUND_GAP_MS',
    120_000,
    'Least time between two not-found answers that together mean not found',
  ),
  settleWindowMs: ms(
    'UPLIFT_SETTLE_WINDOW_MS',
    1_200_000,
    'Time after which an unknown call counts as settled',
  ),
} as const satisfies Record<string, Setting>;

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
  auditIntervalMs: ms(
    'UPLIFT_AUDIT_INTERVAL_MS',
    300_000,
    'Pause between two looks of the auditor at what is new in store and bus',
  ),
  auditWholeMs: ms(
    'UPLIFT_AUDIT_WHOLE_MS',
    86_400_000,
    'Time between two looks of the auditor at all of store and bus',
  ),
  auditNewest: count(
    'UPLIFT_AUDIT_NEWEST',
    10_000,
    'Newest messages that the auditor looks at first when its process starts',
  ),
  auditSharePercent: count(
    'UPLIFT_AUDIT_SHARE_PERCENT',
    5,
    'Most of the time that the auditor works rather than rests, in per cent',
  ),
  checkpointEvents: limit(
    'UPLIFT_CHECKPOINT_EVENTS',
    5_000,
    'Events after which a process that folds the whole store writes a checkpoint, at least; 0: none is written or used',
  ),
} as const satisfies Record<string, Setting>;
