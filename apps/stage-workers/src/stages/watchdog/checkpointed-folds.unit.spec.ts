import { createHash } from 'node:crypto';
import type { InstanceEvent, InstanceEventType } from '@uplift/domain';
import { commandSequences, event, eventsOf, WHOLE_UPGRADE } from '@uplift/domain/testing';
import type { TailedInstanceEvent, TailFold } from '@uplift/event-store';
import { VirtualClock } from '@uplift/runtime/testing';
import fc from 'fast-check';
import { StoreClock } from '../../store/event-clock';
import { DeadlineProjection } from './deadlines.projection';
import { StageQueues } from './stage-queues';
import { WaitReasons } from './wait-reasons';

const LIMITS = {
  pending: 1_000,
  step: 2_000,
  call: 3_000,
  queued: 4_000,
  running: 5_000,
  verify: 6,
};
const CORE = { name: 'eu-1', triggersPerHour: 100, triggerBurst: 2, buildsInFlight: 2 };
const SECOND = 1_000;
const ASIDE = [
  ...['WaitingFor', 'WaitEnded', 'StillWaiting', 'InstanceParked', 'StageRedriven'],
  ...['UpgradePrioritized', 'UpgradeStarted', 'UpgradeRetried', 'UpgradeFailed'],
] as InstanceEventType[];

/** All that a watchdog keeps of instances, and admission with it. */
class Folds {
  private readonly clock = new VirtualClock();
  private readonly deadlines = new DeadlineProjection(LIMITS, this.clock);
  private readonly reasons = new WaitReasons({
    limitsOf: () => CORE,
    nameOf: (core) => core,
    clock: this.clock,
  });
  private readonly queues = new StageQueues(() => Promise.resolve(null), this.clock);
  private readonly storeClock = new StoreClock(this.clock);
  private readonly all: readonly TailFold[] = [
    this.deadlines,
    ...this.reasons.folds,
    this.queues.fold,
    this.storeClock.fold,
  ];

  follow(events: readonly TailedInstanceEvent[]): this {
    for (const event of events) {
      this.storeClock.observe(event.at, false);
      this.deadlines.record(event);
      this.reasons.record(event);
      this.queues.record(event);
    }
    return this;
  }

  /** By name, as a checkpoint has them. */
  get kept(): Record<string, unknown[]> {
    const texts = this.all.map((fold) => [
      fold.name,
      [...fold.entries()].map((entry) => JSON.parse(JSON.stringify(entry)) as unknown),
    ]);
    return Object.fromEntries(texts) as Record<string, unknown[]>;
  }

  takeBack(kept: Record<string, unknown[]>): this {
    for (const fold of this.all) {
      fold.clear();
      for (const entry of kept[fold.name] ?? []) fold.takeBack(entry);
    }
    return this;
  }

  /** What those who ask get to hear. */
  get seen(): unknown {
    const late = this.deadlines.overdue(Number.MAX_SAFE_INTEGER);
    return late.map((row) => ({
      row: { ...row, step: row.step.limitMs, attempt: row.attempt?.limitMs },
      why: this.reasons.of(row),
      place: this.reasons.queued(row),
      isOver: this.reasons.isOver(row),
    }));
  }
}

/** The histories of several instances, one event of each in turn, told by workers and watchdogs. */
function mixed(histories: readonly (readonly InstanceEvent[])[]): TailedInstanceEvent[] {
  const longest = Math.max(...histories.map(({ length }) => length));
  return Array.from({ length: longest }, (_, revision) =>
    histories.flatMap((events, n): TailedInstanceEvent[] => {
      const event = events[revision];
      if (event === undefined) return [];
      const writtenBy = n % 2 === 0 ? 'stage-workers/w' : 'stage-workers/w/watchdog';
      const place = { instanceId: `i${n}`, eventId: `e${n}.${revision}`, revision, isLive: false };
      return [{ ...place, event, writtenBy, at: (revision * 10 + n) * SECOND }];
    }),
  ).flat();
}

describe('the folds of a process that begins with a checkpoint', () => {
  it('are those of one that has read everything, wherever the checkpoint stands', () => {
    const histories = fc.array(commandSequences.map(eventsOf), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 100 }), (given, percent) => {
        const events = mixed(given);
        const place = Math.round((events.length * percent) / 100);
        const whole = new Folds().follow(events);
        const { kept } = new Folds().follow(events.slice(0, place));
        const restored = new Folds().follow(mixed([WHOLE_UPGRADE])).takeBack(kept);
        restored.follow(events.slice(place));
        expect(restored.kept).toEqual(whole.kept);
        expect(restored.seen).toEqual(whole.seen);
      }),
      { numRuns: 200 },
    );
  });

  it('keep nothing of an order but what they go by', () => {
    const { deadlines } = new Folds().follow(mixed([WHOLE_UPGRADE.slice(0, 5)])).kept;
    const [row] = deadlines as [{ order: object }];
    expect(Object.keys(row.order).sort()).toEqual(['attempt', 'attemptMs', 'profile', 'upgradeId']);
  });

  /**
   * Whoever changes what the same events lead to has to raise the version in the `basis` of that fold, or processes go
   * on from checkpoints of other rules. Then this digest is renewed.
   */
  it('come to what their versions stand for', () => {
    const waiting = ASIDE.map((type) => [...WHOLE_UPGRADE.slice(0, 5), event(type)]);
    const text = JSON.stringify(new Folds().follow(mixed([WHOLE_UPGRADE, ...waiting])).kept);
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
    expect(digest).toBe('541d30fd4f6445e3');
  });
});
