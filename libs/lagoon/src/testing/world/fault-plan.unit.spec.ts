import { SeededRandomness } from '@uplift/runtime/testing';
import type { Fault } from './fault-plan';
import { EVERY_CALL, FaultPlan } from './fault-plan';

const DEPLOY = new Set(['deployEnvironmentLatest']);
const POLL = new Set(['environmentById']);
const newPlan = () => new FaultPlan<Fault & { name: string }>(new SeededRandomness(7));
const fault = (name: string) => ({ ...EVERY_CALL, lands: false, name });

describe('the fault plan', () => {
  it('hits the next calls of its field, as often as it was told', () => {
    const plan = newPlan();
    plan.add({ ...fault('lost'), field: 'deployEnvironmentLatest', times: 2 });
    expect(plan.take(POLL, {})).toBeNull();
    expect(plan.take(DEPLOY, {})?.name).toBe('lost');
    expect(plan.take(DEPLOY, {})?.name).toBe('lost');
    expect(plan.take(DEPLOY, {})).toBeNull();
  });

  it('hits only the marker it names', () => {
    const plan = newPlan();
    plan.add({ ...fault('refused'), match: 'marker-7' });
    expect(plan.take(DEPLOY, { input: { bulkName: 'marker-6' } })).toBeNull();
    expect(plan.take(DEPLOY, { input: { bulkName: 'marker-7' } })?.name).toBe('refused');
  });

  it('hits the same calls for the same seed', () => {
    const hits = () => {
      const plan = newPlan();
      plan.add({ ...fault('slow'), times: 1000, probability: 0.3 });
      return Array.from({ length: 50 }, () => plan.take(POLL, {}) !== null);
    };
    expect(hits()).toEqual(hits());
    expect(hits().filter(Boolean).length).toBeGreaterThan(5);
    expect(hits().filter(Boolean).length).toBeLessThan(30);
  });
});
