import { VirtualClock } from '@uplift/runtime/testing';
import { ClockLag } from './service.event-store';

const seconds = (count: number) => count * 1_000;

function setUp() {
  const clock = new VirtualClock();
  const lines: unknown[] = [];
  const logger = { warn: (fields: unknown) => void lines.push(fields) };
  return { clock, lines, lag: new ClockLag({ clock, logger: logger as never }) };
}

describe('the clock of this machine against that of the store', () => {
  it('is named when an event comes from the future', () => {
    const { clock, lag, lines } = setUp();
    lag.observe(clock.wall() + seconds(15));
    expect(lag.seconds).toBe(15);
    expect(lines).toEqual([{ behindMs: seconds(15) }]);
  });

  it('is right for old events, and for those of the next moment', () => {
    const { clock, lag, lines } = setUp();
    lag.observe(clock.wall() - seconds(3_600));
    lag.observe(clock.wall() + seconds(2));
    expect([lag.seconds, lines]).toEqual([0, []]);
  });

  it('is one line a minute, and forgotten when it was set right', async () => {
    const { clock, lag, lines } = setUp();
    for (let second = 0; second < 120; second += 1) {
      lag.observe(clock.wall() + seconds(20));
      await clock.advance(seconds(1));
    }
    expect(lines).toHaveLength(2);
    expect(lag.seconds).toBe(20);
    await clock.advance(seconds(301));
    expect(lag.seconds).toBe(0);
  });
});
