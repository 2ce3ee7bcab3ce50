import { readConfiguration, type Configuration } from '../config/configuration';
import type { SettingName } from '../config/settings';
import { armFailpoints, parseFailpoints } from '../failpoints/failpoint';
import { Health } from '../health/health';
import { Metrics } from '../health/metrics';
import { createLogger, type Logger } from '../logging/logger';
import { systemClock, type Clock } from '../time/clock';
import { systemRandomness, type Randomness } from '../time/randomness';
import { openTracing, TRACING_SETTINGS, type TracingSettings } from '../tracing/open-tracing';
import type { Tracing } from '../tracing/tracing';

/** The settings that every service reads. */
export const SERVICE_SETTINGS = [
  'logLevel',
  'healthHost',
  'healthPort',
  'httpHost',
  'httpPort',
  'beatLimitMs',
  'drainMs',
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
  readonly tracing: Tracing;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

/** What a service of this machine gets; failpoints are armed where the environment names some. */
export function createRuntime<N extends SettingName>(
  name: string,
  settings: readonly N[],
): ServiceRuntime<N> {
  const configuration = readConfiguration([
    ...SERVICE_SETTINGS,
    ...TRACING_SETTINGS,
    ...settings,
  ]) as ServiceRuntime<N>['configuration'] & TracingSettings;
  const { logLevel, buildCommit, beatLimitMs, failpoints } =
    configuration as ServiceRuntime['configuration'];
  const logger = createLogger(name, { level: logLevel });
  if (failpoints !== undefined) armForTests(failpoints, logger);
  return {
    name,
    configuration,
    logger,
    health: new Health(systemClock, { beatLimitMs: beatLimitMs > 0 ? beatLimitMs : Infinity }),
    metrics: new Metrics(name, buildCommit).measureProcess(),
    tracing: openTracing(name, configuration, { clock: systemClock, logger }),
    clock: systemClock,
    randomness: systemRandomness,
    exit: (code) => process.exit(code),
  };
}

function armForTests(failpoints: string, logger: Logger): void {
  armFailpoints(parseFailpoints(failpoints), systemClock);
  logger.warn({ failpoints }, 'failpoints are armed: this process fails on purpose');
}
