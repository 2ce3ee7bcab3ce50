import { EventClock } from './event-clock';

describe('the clock of events', () => {
  let passed = 0;
  const clock = () => {
    passed = 0;
    return new EventClock(() => passed);
  };

  it('starts at the newest event and goes on without further ones', () => {
    const time = clock();
    time.observe(5_000);
    passed += 70;
    expect(time.now()).toBe(5_070);
  });

  it('follows each newer event, so that a fast clock here gains nothing', () => {
    const time = clock();
    time.observe(5_000);
    passed += 1_100;
    time.observe(6_000);
    expect(time.now()).toBe(6_000);
  });

  it('neither stops nor turns back for an event older than the newest', () => {
    const time = clock();
    time.observe(5_000);
    passed += 10;
    time.observe(1_000);
    passed += 10;
    expect(time.now()).toBe(5_020);
  });
});
