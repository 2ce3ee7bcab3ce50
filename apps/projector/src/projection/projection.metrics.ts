import type { Clock, Metrics } from '@uplift/runtime';
import type { ProjectionLoop, WrittenBatch } from './projection-loop';
import type { ProjectionProgress } from './projection-progress';

const BATCH_SIZES = [1, 4, 16, 64, 256, 1_024];

/** The function to be told of each written batch. */
export function recordBatches(metrics: Metrics): (batch: WrittenBatch) => void {
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
  const foreignEvents = metrics.counter({
    name: 'projection_foreign_events_total',
    help: 'Events of other programs that were passed over',
  });
  const unreadable = metrics.counter({
    name: 'projection_unreadable_events_total',
    help: 'Events that could not be read: the first of each instance, and all of the system',
    labels: ['reason'],
  });
  return ({ events, foreign, setAside, seconds }) => {
    foreignEvents.inc(foreign);
    for (const { fault } of setAside) unreadable.inc({ reason: fault.reason });
    if (events.length === 0) return;
    total.inc(events.length);
    sizes.observe(events.length);
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
