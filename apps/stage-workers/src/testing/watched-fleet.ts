import type { InstanceEvent, InstanceEventType } from '@uplift/domain';
import { InstanceHistory, SystemHistory } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import { SeededRandomness } from '@uplift/runtime/testing';
import type { CoreLimits } from '../admission/core-limits';
import { ClockCheck } from '../stages/watchdog/clock-check';
import { DeadlineEnforcer } from '../stages/watchdog/deadline-enforcer';
import { DeadlineProjection } from '../stages/watchdog/deadlines.projection';
import { watchdogActor } from '../stages/watchdog/outages.projection';
import type { LookAtConsumer } from '../stages/watchdog/stage-queues';
import { StageQueues } from '../stages/watchdog/stage-queues';
import { WaitReasons } from '../stages/watchdog/wait-reasons';
import { Watchdog } from '../stages/watchdog/watchdog';
import { StoreClock } from '../store/event-clock';
import { Fleet, settled } from './fleet';
import { ACTOR } from './example-worker';

export const MINUTE = 60_000;
const ROUND_MS = MINUTE / 2;
export const LIMITS = {
  pending: 5 * MINUTE,
  step: 10 * MINUTE,
  call: 60 * MINUTE,
  queued: 360 * MINUTE,
  running: 420 * MINUTE,
  verify: 15 * MINUTE,
};
const EU = 'lagoon:eu-1';

interface Watch {
  readonly limits?: CoreLimits | null;
  /** The own clock of the watchdog. */
  readonly clock?: Clock;
  /** Between two rounds. */
  readonly intervalMs?: number;
  readonly lookAt?: LookAtConsumer;
  readonly onError?: (error: unknown) => void;
}

const failTest = (error: unknown) => expect(error).toBeUndefined();

/** A bus that cannot be asked. */
const NO_BUS: LookAtConsumer = () => Promise.reject(new Error('no bus'));

/** Of the one core, whatever an instance calls it. */
export const OWN_NAME = 'default';

/** A fleet under the eyes of watchdogs, each of which looks in each half of a minute. */
export class WatchedFleet {
  readonly fleet = new Fleet();
  readonly loaded: string[] = [];
  private readonly running: Watchdog[] = [];

  watch(options: Watch = {}): Watchdog {
    const { limits = null, clock = this.fleet.clock, intervalMs = ROUND_MS } = options;
    const { lookAt = NO_BUS, onError = failTest } = options;
    const { store } = this.fleet;
    const reasons = new WaitReasons({ limitsOf: () => limits, nameOf: () => OWN_NAME, clock });
    const deadlines = new DeadlineProjection(LIMITS, clock);
    const queues = new StageQueues(lookAt, clock);
    const view = { deadlines, reasons, queues, storeClock: new StoreClock(clock) };
    const actor = watchdogActor(ACTOR);
    const enforcer = new DeadlineEnforcer(this.fleet.commands(this.countedHistory()), actor);
    const clockCheck = new ClockCheck(new SystemHistory(store, 'stage-workers'), actor, clock);
    const tail = this.fleet.tail(clock);
    const watchdog = new Watchdog(
      tail,
      view,
      { enforcer, clockCheck },
      {
        clock,
        randomness: new SeededRandomness(1),
        intervalMs,
        onBeat: () => undefined,
        onError,
      },
    );
    this.running.push(watchdog);
    tail.start();
    watchdog.onApplicationBootstrap();
    return watchdog;
  }

  stop(): void {
    this.running.splice(0).forEach((watchdog) => watchdog.onApplicationShutdown());
  }

  async pass(ms: number): Promise<void> {
    await this.fleet.clock.advance(ms);
    await settled();
  }

  async workerSays(instanceId: string, type: 'WaitingFor' | 'WaitEnded'): Promise<void> {
    const { state } = await this.fleet.history.load(instanceId);
    if (state.kind !== 'upgrading') throw new TypeError('not upgrading');
    const { upgradeId, attempt } = state.workOrder;
    const since = new Date(this.fleet.clock.wall()).toISOString();
    const told: InstanceEvent =
      type === 'WaitingFor'
        ? { type, data: { upgradeId, attempt, target: EU, since, stage: 'pre-upgrade' } }
        : { type, data: { upgradeId, attempt, target: EU, waitedMs: 1 } };
    await this.fleet.append(instanceId, told);
  }

  async since(type: InstanceEventType, instanceId: string): Promise<string[]> {
    const types = await this.fleet.types(instanceId);
    return types.slice(types.indexOf(type) + 1);
  }

  private countedHistory(): InstanceHistory {
    const { store } = this.fleet;
    const loadLast = store.loadLast.bind(store);
    const counting = Object.assign(Object.create(store) as typeof store, {
      loadLast: (stream: string, ...range: [number]) => {
        this.loaded.push(stream);
        return loadLast(stream, ...range);
      },
    });
    return new InstanceHistory(counting, 'stage-workers');
  }
}
