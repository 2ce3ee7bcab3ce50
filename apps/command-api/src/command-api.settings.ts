import type { ServiceRuntime } from '@uplift/runtime';

export const SERVICE_NAME = 'command-api';

export const COMMAND_API_SETTINGS = [
  'eventStoreUrl',
  'natsUrl',
  'deadlineAttemptMs',
  'healthCallbackToken',
  'promoteEnabled',
] as const;

export type CommandApiRuntime = ServiceRuntime<(typeof COMMAND_API_SETTINGS)[number]>;
