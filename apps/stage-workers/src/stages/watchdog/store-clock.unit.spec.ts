import { StoreClock } from './store-clock';

const HOUR = 3_600_000;
const at = (wall: number) => new StoreClock(() => wall);

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
