import type { Configuration } from '../config/configuration';
import type { SettingName } from '../config/settings';
import type { Health } from '../health/health';
import type { Metrics } from '../health/metrics';
import type { Logger } from '../logging/logger';
import type { Clock } from '../time/clock.port';
import type { Randomness } from '../time/randomness';

/** The settings that every service reads. */
export const SERVICE_SETTINGS = [
  'logLevel',
  'healthHost',
  'healthPort',
  'httpHost',
  'httpPort',
  'buildCommit',
  'failpoints',
] as const satisfies readonly SettingName[];

export type ServiceSetting = (typeof SERVICE_SETTINGS)[number];

/** What a service's composition root builds on. */
export interface ServiceRuntime<N extends SettingName = ServiceSetting> {
  readonly name: string;
  readonly configuration: Configuration<N | ServiceSetting>;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly randomness: Randomness;
}
