import { VirtualClock } from '@uplift/runtime/testing';
import { EventClock, StoreClock } from './event-clock';

describe('the clock of events', () => {
  const clock = () => {
    const own = new VirtualClock();
    return { time: new EventClock(own), pass: (ms: number) => own.advance(ms) };
  };

  it('starts at the newest event and goes on without further ones', async () => {
    const { time, pass } = clock();
    time.observe(5_000);
    await pass(70);
    expect(time.now()).toBe(5_070);
  });

  it('follows each newer event, so that a fast clock here gains nothing', async () => {
    const { time, pass } = clock();
    time.observe(5_000);
    await pass(1_100);
    time.observe(6_000);
    expect(time.now()).toBe(6_000);
  });

  it('neither stops nor turns back for an event older than the newest', async () => {
    const { time, pass } = clock();
    time.observe(5_000);
    await pass(10);
    time.observe(1_000);
    await pass(10);
    expect(time.now()).toBe(5_020);
  });
});

const HOUR = 3_600_000;
const at = (wall: number) => new StoreClock(new VirtualClock(wall));

describe('the clock of the watchdog', () => {
  it('is its own as long as nothing contradicts it', () => {
    const clock = at(HOUR);
    expect(clock.now()).toBe(HOUR);
    clock.observe(HOUR - 59_000, true);
    clock.observe(HOUR + 59_000, true);
    expect(clock.now()).toBe(HOUR);
  });

  it('does not mind old events that it reads late', () => {
    const clock = at(9 * HOUR);
    clock.observe(HOUR, false);
    expect(clock.now()).toBe(9 * HOUR);
  });

  it.each([
    ['ahead', -2 * HOUR, true],
    ['behind', 2 * HOUR, true],
    ['behind what it reads', 2 * HOUR, false],
  ])('is not believed when it is %s', (_words, difference, isLive) => {
    const clock = at(5 * HOUR);
    clock.observe(5 * HOUR + difference, isLive);
    expect(clock.now()).toBeNull();
    expect(clock.differenceMs).toBe(2 * HOUR);
  });

  it('is believed again as soon as a live event agrees', () => {
    const clock = at(5 * HOUR);
    clock.observe(3 * HOUR, true);
    clock.observe(5 * HOUR, true);
    expect(clock.now()).toBe(5 * HOUR);
  });
});
