import { SeededRandomness } from '@uplift/runtime/testing';
import { Coverage } from './coverage';
import { FAULT_NAMES } from './faults';
import { STAGES } from './fleet-view';
import { planOf } from './plan';
import { runPlan } from './run';
import { Scheduler } from './scheduler';
import { leftOut, withoutNumbers } from './shrink';
import { SimulatedProcess } from './simulated-process';
import { storyOf } from './story';

const ALL = STAGES.flatMap((stage) => FAULT_NAMES.map((fault) => [fault, stage] as const));

describe('Scheduler', () => {
  it('does what is due first, and lets its seed decide between what is due at once', async () => {
    const orderWith = async (seed: number) => {
      const scheduler = new Scheduler(new SeededRandomness(seed));
      const seen: string[] = [];
      for (const name of ['b', 'c', 'd', 'e']) scheduler.after(20, () => seen.push(name));
      scheduler.after(10, () => seen.push('a'));
      scheduler.after(5, () => seen.push('called off'))();
      await scheduler.runUntil(20);
      return seen.join('');
    };
    const orders = await Promise.all(Array.from({ length: 20 }, (_, seed) => orderWith(seed)));
    expect(orders.every((order) => order.startsWith('a') && order.length === 5)).toBe(true);
    expect(new Set(orders).size).toBeGreaterThan(5);
    expect(await orderWith(3)).toBe(orders[3]);
  });

  it('lets everything follow from one step before the next', async () => {
    const scheduler = new Scheduler(new SeededRandomness(1));
    const seen: string[] = [];
    const follow = async () => {
      for (let n = 0; n < 50; n += 1) await Promise.resolve();
      seen.push('followed');
    };
    scheduler.after(1, () => void follow());
    scheduler.after(1.5, () => seen.push('next'));
    await scheduler.runUntil(10);
    expect([seen, scheduler.now]).toEqual([['followed', 'next'], 10]);
  });
});

describe('SimulatedProcess', () => {
  it('hears everything when it is woken, and nothing once it is dead', async () => {
    const scheduler = new Scheduler(new SeededRandomness(1));
    const process = new SimulatedProcess('p', scheduler);
    const seen: number[] = [];
    for (const ms of [1, 2, 3]) process.clock.after(ms, () => seen.push(ms));
    await scheduler.runUntil(1);
    process.freeze();
    await scheduler.runUntil(2);
    expect(seen).toEqual([1]);
    process.wake();
    expect(seen).toEqual([1, 2]);
    process.kill();
    await scheduler.runUntil(5);
    expect(seen).toEqual([1, 2]);
  });
});

describe('Coverage', () => {
  it('names every fault that has not met a stage', () => {
    const coverage = new Coverage();
    coverage.add(ALL.slice(1));
    const [fault, stage] = ALL[0]!;
    expect(coverage.holes).toEqual([`${fault} in ${stage}`]);
    expect(coverage.total).toBe(ALL.length - 1);
    expect(coverage.table().split('\n')).toHaveLength(FAULT_NAMES.length + 1);
  });
});

describe('a run', () => {
  it('is the same again with the same seed, byte for byte, and another one with another seed', async () => {
    const [one, again] = [await runPlan(planOf(3)), await runPlan(planOf(3))];
    const other = await runPlan(planOf(4));
    expect(again.checksum).toBe(one.checksum);
    expect(other.checksum).not.toBe(one.checksum);
  });

  it('upgrades, and meets what it plans', async () => {
    const result = await runPlan(planOf(12), { keepsStory: true });
    expect(result.findings).toEqual([]);
    expect(result.story.join('\n')).toContain('InstanceVerifiedHealthy');
    expect(result.met.length).toBeGreaterThan(0);
  });

  it('is told so that it can be run again, without what is not needed', async () => {
    const whole = planOf(12);
    const plan = withoutNumbers(whole, [0, 2]);
    const result = await runPlan(plan, { keepsStory: true });
    const broken = {
      ...result,
      findings: [{ promise: 'I-13', subject: 's', what: 'built twice' }],
    };
    const story = storyOf(whole, plan, broken);
    expect(leftOut(whole, plan)).toEqual([0, 2]);
    expect(story).toContain('npm run simulate -- --seed 12 --without 0,2');
    expect(story).toContain('BROKEN I-13 s: built twice');
  });
});
