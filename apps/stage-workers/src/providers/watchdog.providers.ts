import type { Provider } from '@nestjs/common';
import type { Actor } from '@uplift/contracts';
import { AllTail, CommandHandler } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import { limitsFrom } from '../admission/core-usage.projection';
import type { StageRuntime } from '../stage-workers.settings';
import { StoreClock } from '../store/event-clock';
import { DeadlineEnforcer } from '../stages/watchdog/deadline-enforcer';
import type { DeadlineLimits } from '../stages/watchdog/deadlines.projection';
import { DeadlineProjection } from '../stages/watchdog/deadlines.projection';
import { watchdogActor } from '../stages/watchdog/outages.projection';
import { WaitReasons } from '../stages/watchdog/wait-reasons';
import { Watchdog } from '../stages/watchdog/watchdog';

export function watchdogProvider(runtime: StageRuntime, actor: Actor): Provider {
  return {
    provide: Watchdog,
    inject: [AllTail, CommandHandler, LagoonCores],
    useFactory: (tail: AllTail, commands: CommandHandler, cores: LagoonCores) => {
      const { clock, configuration, health, logger, metrics } = runtime;
      const deadlines = new DeadlineProjection(limitsIn(configuration), clock);
      const reasons = new WaitReasons({ limitsOf: limitsFrom(cores), clock });
      const view = { deadlines, reasons, storeClock: new StoreClock(clock) };
      const enforcer = new DeadlineEnforcer(commands, watchdogActor(actor));
      const watchdog = new Watchdog(tail, view, enforcer, {
        clock,
        intervalMs: configuration.watchdogIntervalMs,
        onBeat: health.loop('watchdog'),
        onError: (error) => logger.warn({ err: error }, 'watchdog round failed'),
      });
      health.addReadiness('watchdog', () => watchdog.readiness());
      const help = 'Upgrades not ended';
      metrics.gauge({ name: 'upgrades_in_flight', help }, () => deadlines.size);
      return watchdog;
    },
  };
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
