import { endForGood, RepeatedLines } from '@uplift/runtime';
import type { Clock, Health, Logger, Metrics, Randomness, Tracing } from '@uplift/runtime';
import { EsdbEventStore } from './esdb.event-store';
import type { EventStore } from './event-store.port';
import { RightsWatch } from './rights-watch';
import type { StoreRight } from './store-rights';
import { TracedEventStore } from './traced.event-store';

export interface ServiceStorePorts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly metrics: Pick<Metrics, 'counter' | 'gauge'>;
  readonly health: Pick<Health, 'addDegradation' | 'addReadiness'>;
  readonly tracing: Tracing;
}

/** The event store of a service that needs these rights: measured, traced, and the end of a process that lacks one when it starts. */
export function openServiceStore(
  connectionString: string,
  rights: readonly StoreRight[],
  ports: ServiceStorePorts,
): EventStore {
  const { clock, randomness, metrics, health, logger, tracing } = ports;
  const resubscribed = metrics.counter({
    name: 'event_store_resubscribed_total',
    help: 'Subscriptions that were begun again, by reason; lagging is normal under load',
    labels: ['reason'],
  });
  const lag = new ClockLag(ports);
  metrics.gauge(
    {
      name: 'event_store_clock_behind_seconds',
      help: "How far this machine's clock is at least behind the event store's",
    },
    () => lag.seconds,
  );
  const lines = new RepeatedLines(clock);
  const store: EsdbEventStore = new EsdbEventStore({
    connectionString,
    clock,
    randomness,
    onRefused: (error) => watch.refused(error, store.closing),
    onAppendFailed: () => {
      if (lines.isDue('append')) logger.warn(`the event store: ${store.whyNotAppending}`);
    },
    onResubscribe: (reason) => resubscribed.inc({ reason }),
    onEventTime: (at) => lag.observe(at),
  });
  const check = (right: StoreRight) => store.checkRight(right);
  const watch = new RightsWatch(rights, { check, onMissing: endForGood, clock, logger });
  watch.start(store.closing);
  health.addReadiness('event-store rights', () => watch.reason);
  tellWhetherItAppends(store, ports);
  return tracing.isOn ? new TracedEventStore(store, tracing) : store;
}

function tellWhetherItAppends(store: EsdbEventStore, { metrics, health }: ServiceStorePorts): void {
  metrics.gauge(
    {
      name: 'event_store_not_appending',
      help: '1 while the event store takes no events from this process: its disk may be full, or it is away',
    },
    () => Number(store.whyNotAppending !== undefined),
  );
  health.addDegradation('event-store', () => store.whyNotAppending);
}

/** Less may be the way of an event through this process, or the usual difference of two clocks. */
const TOLERATED_MS = 2_000;
const REMEMBERED_MS = 5 * 60_000;
const LINE_EVERY_MS = 60_000;

/**
 * How far this machine's clock is behind the store's. An event cannot come from the future, so what it shows is
 * certain; a clock that is ahead looks like an event that was long on its way.
 */
export class ClockLag {
  private behindMs = 0;
  private seenAt = -Infinity;
  private toldAt = -Infinity;

  constructor(private readonly ports: Pick<ServiceStorePorts, 'clock' | 'logger'>) {}

  get seconds(): number {
    const isOld = this.ports.clock.monotonic() - this.seenAt > REMEMBERED_MS;
    return isOld ? 0 : this.behindMs / 1_000;
  }

  /** `at`: when an event was stored, in ms since 1970 of the store's clock. */
  observe(at: number): void {
    const { clock } = this.ports;
    const behindMs = at - clock.wall();
    if (behindMs <= TOLERATED_MS) return;
    const now = clock.monotonic();
    this.behindMs =
      now - this.seenAt > REMEMBERED_MS ? behindMs : Math.max(this.behindMs, behindMs);
    this.seenAt = now;
    if (now - this.toldAt < LINE_EVERY_MS) return;
    this.toldAt = now;
    this.ports.logger.warn(
      { behindMs },
      "the clock of this machine is behind the event store's: check how both are set",
    );
  }
}
