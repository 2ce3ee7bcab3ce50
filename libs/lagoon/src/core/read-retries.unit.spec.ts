import { VirtualClock } from '@uplift/runtime/testing';
import { RetryBudget } from './read-retries';

describe('the budget of repeats', () => {
  let clock: VirtualClock;

  beforeEach(() => (clock = new VirtualClock()));

  function calls(budget: RetryBudget, count: number): void {
    for (let n = 0; n < count; n += 1) budget.noteCall();
  }

  function taken(budget: RetryBudget, tries: number): number {
    return Array.from({ length: tries }, () => budget.take()).filter(Boolean).length;
  }

  it('is a share of the calls', () => {
    const budget = new RetryBudget(10, clock);
    calls(budget, 200);
    expect(taken(budget, 100)).toBe(20);
  });

  it('is that of the last minute', async () => {
    const budget = new RetryBudget(10, clock);
    calls(budget, 200);
    await clock.advance(50_000);
    expect(taken(budget, 10)).toBe(10);
    await clock.advance(10_000);
    expect(taken(budget, 100)).toBe(1);
  });

  it('is one in ten seconds when there are few calls', async () => {
    const budget = new RetryBudget(10, clock);
    calls(budget, 1);
    expect(taken(budget, 10)).toBe(1);
    await clock.advance(10_000);
    expect(taken(budget, 10)).toBe(1);
  });

  it('is nothing at 0 percent', () => {
    const budget = new RetryBudget(0, clock);
    calls(budget, 200);
    expect(taken(budget, 10)).toBe(0);
  });
});
