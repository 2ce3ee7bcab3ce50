import { RequestRate } from './ledger';

const at = (second: number, ms = 0) => new Date(second * 1000 + ms).toISOString();

describe('the request rate', () => {
  it('counts by second and remembers the busiest', () => {
    const rate = new RequestRate();
    for (const ms of [0, 500, 999]) rate.count(at(1, ms));
    rate.count(at(2));
    expect(Object.values(rate.bySecond())).toEqual([3, 1]);
    expect(rate.busiest).toBe(3);
  });

  it('keeps an hour of seconds, and the busiest of all', () => {
    const rate = new RequestRate();
    rate.count(at(0));
    for (let second = 0; second < 4000; second += 1) rate.count(at(second));
    expect(Object.keys(rate.bySecond())).toHaveLength(3600);
    expect(rate.busiest).toBe(2);
  });
});
