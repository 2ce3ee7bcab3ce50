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

function storeClockAt(wall: number) {
  const own = new VirtualClock(wall);
  return { own, clock: new StoreClock(own) };
}

describe('the clock of the store', () => {
  it('tells no time before a live event, whatever the own clock says', () => {
    const { clock } = storeClockAt(9 * HOUR);
    expect([clock.now(), clock.isTrusted, clock.isProved]).toEqual([null, true, false]);
    clock.observe(HOUR, false);
    expect([clock.now(), clock.isTrusted, clock.isProved]).toEqual([null, true, false]);
  });

  it('is that of the newest live event, and what has passed since', async () => {
    const { own, clock } = storeClockAt(HOUR);
    clock.observe(HOUR - 59_000, true);
    expect(clock.now()).toBe(HOUR - 59_000);
    await own.advance(7);
    expect(clock.now()).toBe(HOUR - 59_000 + 7);
    clock.observe(HOUR + 59_000, true);
    expect(clock.now()).toBe(HOUR + 59_000);
  });

  it.each([
    ['ahead', -2 * HOUR, true],
    ['behind', 2 * HOUR, true],
    ['behind what it reads', 2 * HOUR, false],
  ])('is not told by an own clock that is %s', (_words, difference, isLive) => {
    const { clock } = storeClockAt(5 * HOUR);
    clock.observe(5 * HOUR + difference, isLive);
    expect(clock.now()).toBeNull();
    expect(clock.isTrusted).toBe(false);
    expect(clock.differenceMs).toBe(2 * HOUR);
  });

  it('is believed again as soon as a live event agrees', () => {
    const { clock } = storeClockAt(5 * HOUR);
    clock.observe(3 * HOUR, true);
    clock.observe(5 * HOUR, true);
    expect(clock.now()).toBe(5 * HOUR);
  });

  it('is doubted as soon as the own clock jumps, and believed again when it jumps back', () => {
    const { own, clock } = storeClockAt(5 * HOUR);
    clock.observe(5 * HOUR, true);
    own.jump(2 * HOUR);
    expect([clock.now(), clock.differenceMs]).toEqual([null, 2 * HOUR]);
    own.jump(-2 * HOUR);
    expect([clock.now(), clock.differenceMs]).toEqual([5 * HOUR, 0]);
  });

  it('counts as just told for half a minute', async () => {
    const { own, clock } = storeClockAt(HOUR);
    clock.observe(HOUR, true);
    await own.advance(29_999);
    expect(clock.isProved).toBe(true);
    await own.advance(1);
    expect(clock.isProved).toBe(false);
    expect(clock.now()).toBe(HOUR + 30_000);
  });
});
