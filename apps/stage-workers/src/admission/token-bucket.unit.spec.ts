import { TokenBucket } from './token-bucket';

const MINUTE = 60_000;

function bucket(capacity = 3) {
  return new TokenBucket({ perHour: 60, capacity });
}

describe('the token bucket', () => {
  it('is never empty without a rate', () => {
    const unlimited = new TokenBucket({ perHour: 0, capacity: 1 });
    for (let n = 0; n < 1_000; n++) unlimited.spend(0);
    expect(unlimited.emptyUntil).toBe(Number.NEGATIVE_INFINITY);
  });

  it('gives its capacity at once and then one token a minute', () => {
    const tokens = bucket();
    tokens.spend(0);
    tokens.spend(0);
    expect(tokens.emptyUntil).toBeLessThanOrEqual(0);
    tokens.spend(0);
    expect(tokens.emptyUntil).toBeCloseTo(MINUTE, 0);
    tokens.spend(MINUTE);
    expect(tokens.emptyUntil).toBeCloseTo(2 * MINUTE, 0);
  });

  it('saves up to its capacity and no more', () => {
    const tokens = bucket();
    for (let n = 0; n < 3; n++) tokens.spend(0);
    for (let n = 0; n < 3; n++) tokens.spend(60 * MINUTE);
    expect(tokens.emptyUntil).toBeCloseTo(61 * MINUTE, 0);
  });

  it('takes from the time to come what nobody asked it for', () => {
    const tokens = bucket();
    for (let n = 0; n < 5; n++) tokens.spend(0);
    expect(tokens.emptyUntil).toBeCloseTo(3 * MINUTE, 0);
  });

  it('gains nothing from an event that is older than the last', () => {
    const tokens = bucket();
    for (let n = 0; n < 3; n++) tokens.spend(10 * MINUTE);
    tokens.spend(0);
    tokens.spend(9 * MINUTE);
    expect(tokens.emptyUntil).toBeCloseTo(13 * MINUTE, 0);
  });

  it('takes a token back that was not used, and no more than it holds', () => {
    const tokens = bucket();
    for (let n = 0; n < 3; n++) tokens.spend(0);
    tokens.giveBack(1_000);
    expect(tokens.emptyUntil).toBe(1_000);
    expect(tokens.countAt(1_000)).toBe(1);
    for (let n = 0; n < 9; n++) tokens.giveBack(1_000);
    expect(tokens.countAt(1_000)).toBe(3);
  });

  it('pays a debt with what is given back', () => {
    const tokens = bucket();
    for (let n = 0; n < 5; n++) tokens.spend(0);
    tokens.giveBack(0);
    expect(tokens.emptyUntil).toBeCloseTo(2 * MINUTE, 0);
  });

  it('tells when so many tokens will have come', () => {
    const tokens = bucket();
    expect(tokens.timeOf(3)).toBe(0);
    for (let n = 0; n < 3; n++) tokens.spend(0);
    expect(tokens.timeOf(1)).toBeCloseTo(MINUTE, 0);
    expect(tokens.timeOf(2_000)).toBeCloseTo(2_000 * MINUTE, 0);
    expect(new TokenBucket({ perHour: 0, capacity: 1 }).timeOf(2_000)).toBeNull();
  });
});
