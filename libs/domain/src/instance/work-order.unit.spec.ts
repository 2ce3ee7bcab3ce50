import { MARKER, SCRIPT_MARKER, WORK_ORDER } from '../testing/examples';
import { bulkIdOf, markerOf, scriptMarkerOf, WAVE_ID_PATTERN } from './work-order';

const STEPS = ['pre-upgrade', 'upgrade', 'post-upgrade'] as const;

describe('the marker of an attempt', () => {
  it('is the same for all its calls and differs for the next attempt', () => {
    expect(markerOf(WORK_ORDER)).toBe(MARKER);
    expect(markerOf({ ...WORK_ORDER, attempt: 2 })).not.toBe(MARKER);
  });

  it('fits into the 100 characters that Lagoon keeps', () => {
    expect(markerOf({ ...WORK_ORDER, attempt: 999_999 }).length).toBeLessThanOrEqual(100);
  });
});

describe('the marker of a script', () => {
  it('differs for every step, and from the deployment', () => {
    const markers = STEPS.map((step) => scriptMarkerOf(WORK_ORDER, step));
    expect(new Set([...markers, MARKER]).size).toBe(4);
    expect(markers[0]).toBe(SCRIPT_MARKER);
  });

  it('fits into the 100 characters that Lagoon keeps', () => {
    const order = { ...WORK_ORDER, attempt: 999_999 };
    for (const step of STEPS) expect(scriptMarkerOf(order, step).length).toBeLessThanOrEqual(100);
  });
});

describe('the id of a wave in Lagoon', () => {
  it('is none outside a wave', () => {
    expect(bulkIdOf(WORK_ORDER)).toBeNull();
  });

  it('fits into the 50 characters that Lagoon keeps', () => {
    const waveId = 'w'.repeat(43);
    expect(WAVE_ID_PATTERN.test(waveId)).toBe(true);
    expect(bulkIdOf({ ...WORK_ORDER, waveId })).toBe(`uplift-${waveId}`);
    expect(bulkIdOf({ waveId })?.length).toBe(50);
  });

  it.each(['', 'W', '-w', 'w_1', 'w 1', 'w\n', 'w'.repeat(44)])('is not made of %j', (waveId) => {
    expect(WAVE_ID_PATTERN.test(waveId)).toBe(false);
  });
});
