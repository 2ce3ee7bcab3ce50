import type { Provider } from '@nestjs/common';
import type { Actor } from '@uplift/contracts';
import { AllTail, CommandHandler, EventStore, SystemHistory } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import { limitsFrom } from '../admission/core-usage.projection';
import type { Metrics } from '@uplift/runtime';
import type { StageRuntime } from '../stage-workers.settings';
import { StoreClock } from '../store/event-clock';
import { ClockCheck } from '../stages/watchdog/clock-check';
import { DeadlineEnforcer } from '../stages/watchdog/deadline-enforcer';
import type { DeadlineLimits } from '../stages/watchdog/deadlines.projection';
import { DeadlineProjection } from '../stages/watchdog/deadlines.projection';
import { watchdogActor } from '../stages/watchdog/outages.projection';
import { WaitReasons } from '../stages/watchdog/wait-reasons';
import type { WatchdogView } from '../stages/watchdog/watchdog';
import { Watchdog } from '../stages/watchdog/watchdog';

export function watchdogProvider(runtime: StageRuntime, actor: Actor, service: string): Provider {
  return {
    provide: Watchdog,
    inject: [AllTail, CommandHandler, LagoonCores, EventStore],
    useFactory: (
      tail: AllTail,
      commands: CommandHandler,
      cores: LagoonCores,
      store: EventStore,
    ) => {
      const { clock, randomness, configuration, health, logger, metrics } = runtime;
      const deadlines = new DeadlineProjection(limitsIn(configuration), clock);
      const reasons = new WaitReasons({ limitsOf: limitsFrom(cores), clock });
      const view = { deadlines, reasons, storeClock: new StoreClock(clock) };
      const writer = watchdogActor(actor);
      const enforcer = new DeadlineEnforcer(commands, writer);
      const clockCheck = new ClockCheck(new SystemHistory(store, service), writer, clock);
      const watchdog = new Watchdog(
        tail,
        view,
        { enforcer, clockCheck },
        {
          clock,
          randomness,
          intervalMs: configuration.watchdogIntervalMs,
          onBeat: health.loop('watchdog'),
          onError: (error) => logger.warn({ err: error }, 'watchdog round failed'),
        },
      );
      health.addReadiness('watchdog', () => watchdog.readiness());
      measure(metrics, view);
      return watchdog;
    },
  };
}

function measure(metrics: Metrics, { deadlines, storeClock }: WatchdogView): void {
  const inFlight = { name: 'upgrades_in_flight', help: 'Upgrades not ended' };
  metrics.gauge(inFlight, () => deadlines.size);
  const difference = {
    name: 'store_clock_difference_seconds',
    help: "By how much the own clock and the store's differ; more than 60 is an alarm",
  };
  metrics.gauge(difference, () => storeClock.differenceMs / 1000);
}

function limitsIn(configuration: StageRuntime['configuration']): DeadlineLimits {
  return {
    pending: configuration.deadlinePendingMs,
    step: configuration.deadlineStepMs,
    call: configuration.deadlineCallMs,
    queued: configuration.deadlineQueuedMs,
    running: configuration.deadlineRunningMs,
    verify: configuration.deadlineVerifyMs,
  };
}
