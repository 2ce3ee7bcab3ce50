import type { CoreObserver, LagoonCores } from '@uplift/lagoon';
import { openCores } from '@uplift/lagoon';
import type { StageRuntime } from '../stage-workers.settings';
import { configuredCores } from './core-configuration';
import { lagoonMetrics } from './lagoon-metrics';

/** Every Lagoon core this process may speak to, each behind its resilience policy. */
export function lagoonCoresOf(runtime: StageRuntime): LagoonCores {
  const { configuration } = runtime;
  const { callTimeoutMs, retryBudgetPercent } = configuration;
  const { breakerFailures, breakerOpenMs, breakerLongestMs } = configuration;
  const rules = {
    callTimeoutMs,
    retryBudgetPercent,
    breakerFailures,
    breakerOpenMs,
    breakerLongestMs,
  };
  const { clock, randomness } = runtime;
  const context = { clock, randomness, observerOf: observers(runtime) };
  return openCores(configuredCores(configuration), rules, context);
}

function observers({ metrics, logger }: StageRuntime): (core: string) => CoreObserver {
  const measurementsOf = lagoonMetrics(metrics);
  return (core) => {
    const { onRequest, onBreaker } = measurementsOf(core);
    return {
      onRequest,
      onBreaker: (state) => {
        onBreaker(state);
        logger.warn({ core, breaker: state }, 'a Lagoon core goes away or comes back');
      },
      onTokenFailure: (reason) => logger.error({ core, reason }, 'there is no token for Lagoon'),
    };
  };
}
