export { ConfigurationError, readConfiguration } from './config/configuration';
export type { Configuration } from './config/configuration';
export type { Setting } from './config/setting';
export { renderSettingsPage, SETTINGS } from './config/settings';
export type { SettingName } from './config/settings';
export { armFailpoints, failpoint, FailpointError, parseFailpoints } from './failpoints/failpoint';
export { errorMessage } from './logging/error-message';
export { createLogger, NestLogger } from './logging/logger';
export type { Logger, LoggerOptions } from './logging/logger';
export { RepeatedLines } from './logging/repeated-lines';
export { redact, redactText } from './logging/redaction';
export { beatWhile, Health } from './health/health';
export type { HealthOptions, HealthReport, ReadinessCheck } from './health/health';
export { HealthServer } from './health/health-server';
export { Metrics } from './health/metrics';
export type { MetricOptions } from './health/metrics';
export {
  announceReady,
  endForGood,
  FinalError,
  runUntilStopped,
} from './process/run-until-stopped';
export type {
  Ports,
  ProcessOptions,
  ReadyMessage,
  StartedProcess,
} from './process/run-until-stopped';
export { runService, startService } from './process/run-service';
export type { ServiceOptions } from './process/run-service';
export type { ServiceRuntime } from './process/service-runtime';
export type { HostOptions, HttpOptions } from './process/nest-host';
export { Backoff } from './time/backoff';
export type { BackoffOptions } from './time/backoff';
export { Clock, systemClock } from './time/clock';
export type { CancelTimer } from './time/clock';
export { JitterClock } from './time/jitter.clock';
export { Randomness, systemRandomness } from './time/randomness';
