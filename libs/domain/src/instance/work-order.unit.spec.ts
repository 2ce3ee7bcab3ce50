import { MARKER, WORK_ORDER } from '../testing/named-values';
import { markerOf } from './work-order';

describe('the marker of an attempt', () => {
  it('is the same for all its calls and differs for the next attempt', () => {
    expect(markerOf(WORK_ORDER)).toBe(MARKER);
    expect(markerOf({ ...WORK_ORDER, attempt: 2 })).not.toBe(MARKER);
  });

  it('fits into the 100 characters that Lagoon keeps', () => {
    expect(markerOf({ ...WORK_ORDER, attempt: 999_999 }).length).toBeLessThanOrEqual(100);
  });
});
