export { ConfigurationError, readConfiguration } from './config/configuration';
export type { Configuration } from './config/configuration';
export { loadSettingsFile } from './config/settings-file';
export { renderSettingsPage, SETTINGS } from './config/settings';
export type { SettingName } from './config/settings';
export { armFailpoints, failpoint } from './failpoints/failpoint';
export { errorKind, errorMessage } from './logging/error-message';
export { createLogger, NestLogger } from './logging/logger';
export type { Logger } from './logging/logger';
export { RepeatedLines } from './logging/repeated-lines';
export { redactText } from './logging/redaction';
export { traceToSources } from './logging/stack-traces';
export { beatWhile, Health } from './health/health';
export type { HealthReport } from './health/health';
export { CountedHistogram } from './health/counted-histogram';
export type { KeptHistogram } from './health/counted-histogram';
export { BUILD_VERSION, Metrics } from './health/metrics';
export type { LabelledValue } from './health/metrics';
export {
  announceReady,
  endForGood,
  FinalError,
  runUntilStopped,
} from './process/run-until-stopped';
export type { Ports } from './process/run-until-stopped';
export { runService, startService } from './process/run-service';
export type { ServiceOptions } from './process/run-service';
export { SERVICE_SETTINGS } from './process/service-runtime';
export type { ServiceRuntime } from './process/service-runtime';
export { parseTraceparent } from './tracing/traceparent';
export { NO_TRACING, Tracing } from './tracing/tracing';
export type { Span, SpanAttributes, SpanOptions, TraceContext } from './tracing/tracing';
export { Backoff } from './time/backoff';
export type { BackoffOptions } from './time/backoff';
export { Clock, systemClock } from './time/clock';
export type { CancelTimer } from './time/clock';
export { JitterClock } from './time/jitter.clock';
export { Randomness, systemRandomness } from './time/randomness';
