import { EventStoreUnavailableError } from '@uplift/event-store';
import { LagoonUnavailableError } from '@uplift/lagoon';
import { RepeatedLines } from '@uplift/runtime';
import { VirtualClock } from '@uplift/runtime/testing';
import { isWorthALine } from './failure-triage';

it('has one line a minute for a store that is away, however many messages meet it', async () => {
  const clock = new VirtualClock();
  const lines = new RepeatedLines(clock);
  const away = new EventStoreUnavailableError('full');
  const told = async () => {
    let count = 0;
    for (let n = 0; n < 300; n += 1) {
      count += Number(isWorthALine(away, 'upgrade', lines));
      await clock.advance(400);
    }
    return count;
  };
  expect(await told()).toBe(2);
  expect(isWorthALine(new LagoonUnavailableError('down'), 'upgrade', lines)).toBe(true);
});
