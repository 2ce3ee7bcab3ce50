import type { OtelOptions } from '../tracing/otel.tracing';
import type * as Collected from './collected.tracing';

/** Loads the SDK when it is asked for: that takes longer than most specs. */
export function collectTraces(options: Partial<OtelOptions> = {}): Collected.CollectedTracing {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const collected = require('./collected.tracing') as typeof Collected;
  return new collected.CollectedTracing(options);
}
