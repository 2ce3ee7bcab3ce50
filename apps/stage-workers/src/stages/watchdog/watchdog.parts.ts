import type { Provider } from '@nestjs/common';
import type { Actor } from '@uplift/contracts';
import { EventStore, InstanceHistory } from '@uplift/event-store';
import type { StageRuntime } from '../../stage-workers.settings';
import { DeadlineBook } from './deadline-book';
import { StoreClock } from './store-clock';
import { TimeoutJudge } from './timeout-judge';
import { Watchdog } from './watchdog';

export function watchdogProvider(runtime: StageRuntime, actor: Actor): Provider {
  return {
    provide: Watchdog,
    inject: [EventStore, InstanceHistory],
    useFactory: (store: EventStore, history: InstanceHistory) => {
      const { configuration, health, logger, metrics } = runtime;
      const book = new DeadlineBook({
        pending: configuration.deadlinePendingMs,
        step: configuration.deadlineStepMs,
        call: configuration.deadlineCallMs,
        queued: configuration.deadlineQueuedMs,
        running: configuration.deadlineRunningMs,
        verify: configuration.deadlineVerifyMs,
      });
      const watchdog = new Watchdog(store, book, new TimeoutJudge(history, actor), {
        clock: new StoreClock(),
        intervalMs: configuration.watchdogIntervalMs,
        onBeat: health.loop('watchdog'),
        onError: (error) => logger.warn({ err: error }, 'watchdog round failed'),
      });
      health.addReadiness('watchdog', () => watchdog.readiness());
      metrics.gauge({ name: 'upgrades_in_flight', help: 'Upgrades not ended' }, () => book.size);
      return watchdog;
    },
  };
}
