import type { CoreObserver, LagoonCore, LagoonCores } from '@uplift/lagoon';
import { describeOutage, openCores } from '@uplift/lagoon';
import type { Metrics, Tracing } from '@uplift/runtime';
import type { StageRuntime } from '../stage-workers.settings';
import { configuredCores } from './core-configuration';

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
  const cores = openCores(configuredCores(configuration), rules, context);
  for (const name of cores.names) {
    runtime.health.addReadiness(`credentials:${name}`, () => refusalOf(cores.of(name)));
  }
  return cores;
}

/** Why a core accepts no token that this process can get; undefined if it does, as far as anybody knows. */
function refusalOf({ breaker: { outage } }: LagoonCore): string | undefined {
  return outage?.cause === 'credentials' ? `the core ${describeOutage(outage)}` : undefined;
}

function observers({ metrics, logger, tracing }: StageRuntime): (core: string) => CoreObserver {
  const measurementsOf = lagoonMetrics(metrics);
  const tracesOf = lagoonTraces(tracing);
  return (core) => {
    const { onRequest, onBreaker } = measurementsOf(core);
    const trace = tracesOf(core);
    return {
      onRequest: (request) => {
        onRequest(request);
        trace(request);
      },
      onBreaker: (state, outage) => {
        onBreaker(state, outage);
        const cause = outage?.cause;
        logger.warn({ core, breaker: state, cause }, 'a Lagoon core goes away or comes back');
      },
      onTokenFailure: (reason) => logger.error({ core, reason }, 'there is no token for Lagoon'),
    };
  };
}

/** The part of an observer that measures. */
export type CoreMeasurements = Pick<CoreObserver, 'onRequest' | 'onBreaker'>;

/** Counts what each core is asked, how long it takes, and whether it is believed to be away. */
export function lagoonMetrics(metrics: Metrics): (core: string) => CoreMeasurements {
  const requests = metrics.counter({
    name: 'lagoon_requests_total',
    help: 'Requests to Lagoon by how they ended',
    labels: ['core', 'operation', 'class'],
  });
  const durations = metrics.histogram({
    name: 'lagoon_request_duration_seconds',
    help: 'Time from wanting a request to its end, the wait for its turn included',
    labels: ['core', 'operation'],
  });
  const isOpen = metrics.gauge({
    name: 'lagoon_breaker_open',
    help: '1 while the core counts as away',
    labels: ['core'],
  });
  const isRefusing = metrics.gauge({
    name: 'lagoon_credentials_refused',
    help: '1 while the core accepts no token of this process',
    labels: ['core'],
  });
  return (core) => {
    isOpen.set({ core }, 0);
    isRefusing.set({ core }, 0);
    return {
      onRequest: ({ operation, class: outcome, durationMs }) => {
        requests.inc({ core, operation, class: outcome });
        durations.observe({ core, operation }, durationMs / 1000);
      },
      onBreaker: (state, outage) => {
        isOpen.set({ core }, state === 'closed' ? 0 : 1);
        isRefusing.set({ core }, outage?.cause === 'credentials' ? 1 : 0);
      },
    };
  };
}

const GOOD: readonly string[] = ['answered', 'accepted'];

/** Each request as a span of whatever waited for it; those of a poll round, of many builds, are traces of their own. */
export function lagoonTraces(tracing: Tracing): (core: string) => CoreObserver['onRequest'] {
  return (core) =>
    ({ operation, class: outcome, durationMs }) => {
      if (!tracing.isOn) return;
      const attributes = {
        'graphql.operation.name': operation,
        'uplift.core': core,
        'uplift.outcome': outcome,
      };
      const span = { name: `lagoon ${operation}`, kind: 'client', attributes } as const;
      const failure = GOOD.includes(outcome) ? {} : { failure: outcome };
      tracing.note({ ...span, ...failure }, durationMs);
    };
}
