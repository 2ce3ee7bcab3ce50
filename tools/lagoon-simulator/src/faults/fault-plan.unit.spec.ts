import { SeededRandom } from '../world/context';
import { NEW_FAULT } from './fault-plan';
import { FaultPlan } from './fault-plan';

const DEPLOY = new Map([['deployEnvironmentLatest', 1]]);
const POLL = new Map([['environmentById', 50]]);

describe('the fault plan', () => {
  it('hits the next calls of its field, as often as it was told', () => {
    const plan = new FaultPlan(() => 0);
    plan.add({ ...NEW_FAULT, kind: 'lose-answer', field: 'deployEnvironmentLatest', times: 2 });
    expect(plan.take(POLL, {})).toBeNull();
    expect(plan.take(DEPLOY, {})?.kind).toBe('lose-answer');
    expect(plan.take(DEPLOY, {})?.kind).toBe('lose-answer');
    expect(plan.take(DEPLOY, {})).toBeNull();
    expect(plan.pending()).toEqual([]);
  });

  it('hits only the marker it names', () => {
    const plan = new FaultPlan(() => 0);
    plan.add({ ...NEW_FAULT, kind: 'refuse', match: 'marker-7' });
    expect(plan.take(DEPLOY, { input: { bulkName: 'marker-6' } })).toBeNull();
    expect(plan.take(DEPLOY, { input: { bulkName: 'marker-7' } })?.kind).toBe('refuse');
  });

  it('hits the same calls for the same seed', () => {
    const hits = () => {
      const random = new SeededRandom(7);
      const plan = new FaultPlan(() => random.next());
      plan.add({ ...NEW_FAULT, kind: 'slow', times: 1000, probability: 0.3 });
      return Array.from({ length: 50 }, () => plan.take(POLL, {}) !== null);
    };
    expect(hits()).toEqual(hits());
    expect(hits().filter(Boolean).length).toBeGreaterThan(5);
    expect(hits().filter(Boolean).length).toBeLessThan(30);
  });
});
