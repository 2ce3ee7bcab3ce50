import type { ServiceRuntime, SettingName } from '@uplift/runtime';

export const STAGE_SETTINGS = [
  'natsUrl',
  'eventStoreUrl',
  'lagoonUrl',
  'lagoonToken',
  'stages',
  'workerId',
  'pollIntervalMs',
  'pollBatch',
  'taskPollIntervalMs',
  'probeSuccesses',
  'probeIntervalMs',
  'probeTimeoutMs',
  'probeWindowMs',
  'probeAllowLoopback',
  'callLeaseMs',
  'callTimeoutMs',
  'reconcileIntervalMs',
  'notFoundGapMs',
  'settleWindowMs',
  'deadlinePendingMs',
  'deadlineStepMs',
  'deadlineCallMs',
  'deadlineQueuedMs',
  'deadlineRunningMs',
  'deadlineVerifyMs',
  'watchdogIntervalMs',
] as const satisfies readonly SettingName[];

export type StageRuntime = ServiceRuntime<(typeof STAGE_SETTINGS)[number]>;
