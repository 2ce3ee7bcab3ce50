import type { Provider } from '@nestjs/common';
import { BusConnection } from '@uplift/bus';
import type { Actor } from '@uplift/contracts';
import {
  AllTail,
  CommandHandler,
  DivergenceWatch,
  GuardedEventStore,
  SystemHistory,
} from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import { LagoonCores } from '@uplift/lagoon';
import { limitsBasis, limitsFrom } from '../admission/core-limits';
import { nameFrom } from '../admission/starts-switch';
import type { Clock, Metrics } from '@uplift/runtime';
import { RepeatedLines } from '@uplift/runtime';
import { auditorProviders } from './auditor.provider';
import { isWorthALine } from '../runner/failure-triage';
import type { StageRuntime } from '../stage-workers.settings';
import { StoreClock } from '../store/event-clock';
import { ClockCheck } from '../stages/watchdog/clock-check';
import { DeadlineEnforcer } from '../stages/watchdog/deadline-enforcer';
import type { DeadlineLimits } from '../stages/watchdog/deadline-row';
import { DeadlineProjection } from '../stages/watchdog/deadlines.projection';
import { watchdogActor } from '../stages/watchdog/outages.projection';
import { HeartbeatEndpoint } from '../stages/watchdog/heartbeat.endpoint';
import { FleetMetrics } from '../stages/watchdog/fleet-metrics';
import { StageQueues } from '../stages/watchdog/stage-queues';
import { UpgradeStatistics } from '../stages/watchdog/upgrade-statistics';
import { WaitReasons } from '../stages/watchdog/wait-reasons';
import type { WatchdogActions, WatchdogView } from '../stages/watchdog/watchdog';
import { Watchdog } from '../stages/watchdog/watchdog';

export function watchdogProviders(
  runtime: StageRuntime,
  actor: Actor,
  service: string,
  /** Token of the store itself. */
  store: string,
): Provider[] {
  const writer = watchdogActor(actor);
  const { clock } = runtime;
  return [
    {
      provide: DeadlineEnforcer,
      inject: [CommandHandler],
      useFactory: (commands: CommandHandler) => new DeadlineEnforcer(commands, writer),
    },
    clockCheck({ writer, service, store }, clock),
    {
      provide: KNOWN,
      inject: [LagoonCores, BusConnection],
      useFactory: (cores: LagoonCores, bus: BusConnection) => knownTo(runtime, cores, bus),
    },
    {
      provide: Watchdog,
      inject: [AllTail, KNOWN, DeadlineEnforcer, ClockCheck],
      useFactory: (
        tail: AllTail,
        view: WatchdogView,
        enforcer: DeadlineEnforcer,
        clockCheck: ClockCheck,
      ) => watchdogOf(runtime, tail, view, { enforcer, clockCheck }),
    },
    fleetMetrics(runtime),
    heartbeat(runtime),
    ...auditorProviders({ runtime, writer, service, known: KNOWN }),
  ];
}

function fleetMetrics({ clock, metrics }: StageRuntime): Provider {
  return {
    provide: FleetMetrics,
    inject: [AllTail, KNOWN, LagoonCores],
    useFactory: (tail: AllTail, view: WatchdogView, cores: LagoonCores) => {
      const statistics = new UpgradeStatistics();
      const fleet = new FleetMetrics({ tail, view, statistics, cores, clock });
      fleet.showOn(metrics);
      return fleet;
    },
  };
}

interface ClockPlace {
  readonly writer: Actor;
  readonly service: string;
  readonly store: string;
}

/** What others put at the end of its stream has no hash that an append could be held against. */
function clockCheck({ writer, service, store }: ClockPlace, clock: Clock): Provider {
  return {
    provide: ClockCheck,
    inject: [store, DivergenceWatch],
    useFactory: (bare: EventStore, watch: DivergenceWatch) => {
      const history = new SystemHistory(new GuardedEventStore(bare, watch), service);
      return new ClockCheck(history, writer, clock);
    },
  };
}

function heartbeat({ logger }: StageRuntime): Provider {
  const onError = (error: unknown) =>
    logger.error({ err: error }, 'nobody can ask for the heartbeat');
  return {
    provide: HeartbeatEndpoint,
    inject: [BusConnection, Watchdog],
    useFactory: (bus: BusConnection, watchdog: Watchdog) =>
      new HeartbeatEndpoint(bus, watchdog, onError),
  };
}

const KNOWN = 'what the watchdog knows';

function knownTo(
  { clock, configuration }: StageRuntime,
  cores: LagoonCores,
  bus: BusConnection,
): WatchdogView {
  return {
    deadlines: new DeadlineProjection(limitsIn(configuration), clock),
    reasons: new WaitReasons({
      limitsOf: limitsFrom(cores),
      limits: limitsBasis(cores),
      nameOf: nameFrom(cores),
      clock,
    }),
    queues: new StageQueues((durable) => bus.consumerState(durable), clock),
    storeClock: new StoreClock(clock),
  };
}

function watchdogOf(
  { clock, randomness, configuration, health, logger, metrics }: StageRuntime,
  tail: AllTail,
  view: WatchdogView,
  actions: WatchdogActions,
): Watchdog {
  const lines = new RepeatedLines(clock);
  const watchdog = new Watchdog(tail, view, actions, {
    clock,
    randomness,
    intervalMs: configuration.watchdogIntervalMs,
    onBeat: health.loop('watchdog'),
    onError: (error) => {
      if (!isWorthALine(error, 'watchdog', lines)) return;
      logger.warn({ err: error }, 'watchdog round failed');
    },
  });
  health.addReadiness('watchdog', () => watchdog.readiness());
  measure(metrics, view);
  return watchdog;
}

function measure(metrics: Metrics, { storeClock }: WatchdogView): void {
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
