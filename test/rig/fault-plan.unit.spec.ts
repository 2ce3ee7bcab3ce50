import { FAULT_KINDS, FAULTS, neededBy, planFaults, touchSame } from './fault-plan';
import type { PlannedFault } from './fault-plan';

const TEN_MINUTES = 600_000;
const planOf = (seed: number, forMs = TEN_MINUTES) => planFaults({ seed, forMs, pace: 1 });
const SEEDS = [1, 2, 3, 7, 42];

const overlap = (one: PlannedFault, other: PlannedFault) =>
  one.atMs < other.atMs + other.lastsMs && other.atMs < one.atMs + one.lastsMs;

describe('a plan of faults', () => {
  it('follows from the seed alone', () => {
    expect(planOf(7)).toEqual(planOf(7));
    expect(planOf(7)).not.toEqual(planOf(8));
  });

  it.each(SEEDS)('has every kind in ten minutes (seed %i)', (seed) => {
    expect(new Set(planOf(seed).map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  });

  it.each(SEEDS)('has several at once, but none that touch the same (seed %i)', (seed) => {
    const plan = planOf(seed);
    const pairs = plan.flatMap((one, n) =>
      plan.slice(n + 1).flatMap((other) => (overlap(one, other) ? [[one, other] as const] : [])),
    );
    expect(pairs.length).toBeGreaterThan(10);
    expect(pairs.filter(([one, other]) => touchSame(one, other))).toEqual([]);
  });

  it('has only the kinds that are asked for, on targets of theirs, and ends in time', () => {
    const kinds = ['kill-service', 'cut-link'] as const;
    const plan = planFaults({ seed: 1, forMs: 60_000, kinds, pace: 1 });
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(kinds));
    for (const { kind, target, atMs, lastsMs } of plan) {
      expect(FAULTS[kind].targets).toContain(target);
      expect(atMs + lastsMs).toBeLessThanOrEqual(60_000);
    }
  });

  it('has more and shorter faults at a quicker pace', () => {
    const quick = planFaults({ seed: 7, forMs: TEN_MINUTES, pace: 0.4 });
    expect(quick.length).toBeGreaterThan(planOf(7).length);
    expect(Math.max(...quick.map(({ lastsMs }) => lastsMs))).toBeLessThanOrEqual(4_000);
  });

  it('is empty where nothing can be done', () => {
    expect(planFaults({ seed: 1, forMs: TEN_MINUTES, kinds: [], pace: 1 })).toEqual([]);
  });
});

describe('faults of one place', () => {
  const fault = (kind: PlannedFault['kind'], target: string) => ({ kind, target });

  it('must not meet', () => {
    const store = fault('kill-store', 'eventstore');
    expect(touchSame(store, fault('freeze-store', 'eventstore'))).toBe(true);
    expect(touchSame(store, fault('restart-all', 'everything'))).toBe(true);
    expect(touchSame(fault('wipe-bus', 'nats'), fault('kill-bus-leader', 'leader'))).toBe(true);
    expect(touchSame(store, fault('kill-service', 'relay'))).toBe(false);
  });

  it('say what they cannot do without', () => {
    expect(neededBy('full-bus-disk')).toBe('root');
    expect(neededBy('older-build')).toBe('older-build');
    expect(neededBy('kill-store')).toBeUndefined();
  });
});
