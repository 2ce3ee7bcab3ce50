import type { Clock, Metrics } from '@uplift/runtime';
import type { ProjectionLoop } from './projection-loop';
import type { ProjectionProgress } from './projection-progress';

const BATCH_SIZES = [1, 4, 16, 64, 256, 1_024];

/** The function to be told of each written batch: its number of events, and how long it took in seconds. */
export function recordBatches(metrics: Metrics): (events: number, seconds: number) => void {
  const total = metrics.counter({
    name: 'projection_events_total',
    help: 'Events projected by this process',
  });
  const sizes = metrics.histogram({
    name: 'projection_batch_events',
    help: 'Events written in one transaction',
    buckets: BATCH_SIZES,
  });
  const durations = metrics.histogram({
    name: 'projection_batch_seconds',
    help: 'Time to fold and write one batch',
  });
  return (events, seconds) => {
    if (events === 0) return;
    total.inc(events);
    sizes.observe(events);
    durations.observe(seconds);
  };
}

export function showProgress(
  metrics: Metrics,
  progress: ProjectionProgress,
  loop: ProjectionLoop,
  clock: Clock,
): void {
  metrics.gauge(
    { name: 'projection_lag_events', help: 'Events not projected yet, estimated from positions' },
    () => progress.missingEvents,
  );
  metrics.gauge(
    {
      name: 'projection_lag_seconds',
      help: 'Age of the last event projected; 0 when there is none after it',
    },
    () => lagSeconds(progress, clock.wall()),
  );
  metrics.gauge(
    { name: 'projection_halted', help: '1 when the projection has stopped before an event' },
    () => Number(loop.state.kind === 'halted'),
  );
}

function lagSeconds(progress: ProjectionProgress, now: number): number {
  const { lastEventAt } = progress.checkpoint ?? {};
  if (progress.isAtHead || !lastEventAt) return 0;
  return Math.max(0, now - lastEventAt) / 1_000;
}
