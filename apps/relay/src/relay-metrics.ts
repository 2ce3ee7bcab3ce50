import type { Metrics } from '@uplift/runtime';
import type { RelayStatus } from './relay-status';

export function describeRelay(metrics: Metrics, status: RelayStatus): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name: `relay_${name}`, help }, read);
  gauge(
    'lag_events',
    'Events read from the store and not yet confirmed by the bus',
    () => status.lagEvents,
  );
  gauge('lag_seconds', 'Age of the oldest event that is not on the bus', () => status.lagSeconds());
  gauge('ordinal', 'Number of the last event on the bus within its epoch', () => status.ordinal);
  gauge('active', '1 while this relay publishes, 0 while it stands by or stands still', () =>
    Number(status.mode === 'relaying'),
  );
  gauge('published_events', 'Events this process has put on the bus', () => status.eventsPublished);
  gauge('refusals', 'Publishes that the bus did not accept', () => status.refusals);
  gauge('repairs', 'Streams and consumers that had to be made or corrected', () => status.repairs);
}
