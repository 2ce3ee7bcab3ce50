import type { CoreObserver } from '@uplift/lagoon';
import type { Metrics } from '@uplift/runtime';

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
  return (core) => {
    isOpen.set({ core }, 0);
    return {
      onRequest: ({ operation, class: outcome, durationMs }) => {
        requests.inc({ core, operation, class: outcome });
        durations.observe({ core, operation }, durationMs / 1000);
      },
      onBreaker: (state) => isOpen.set({ core }, state === 'closed' ? 0 : 1),
    };
  };
}
