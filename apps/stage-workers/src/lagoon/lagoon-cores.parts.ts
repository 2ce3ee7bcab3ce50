import type { LagoonCores } from '@uplift/lagoon';
import { openCores } from '@uplift/lagoon';
import type { StageRuntime } from '../stage-workers.settings';
import { configuredCores } from './core-configuration';
import { lagoonMetrics } from './lagoon-metrics';

/** Every Lagoon core this process may speak to, each behind its gate. */
export function lagoonCoresOf({ configuration, metrics }: StageRuntime): LagoonCores {
  const { callTimeoutMs, retryBudgetPercent } = configuration;
  const { breakerFailures, breakerOpenMs, breakerLongestMs } = configuration;
  const rules = {
    callTimeoutMs,
    retryBudgetPercent,
    breakerFailures,
    breakerOpenMs,
    breakerLongestMs,
  };
  return openCores(configuredCores(configuration), rules, lagoonMetrics(metrics));
}
