import { VirtualClock } from '../testing/virtual.clock';
import { RepeatedLines } from './repeated-lines';

it('lets each kind of line through once a minute', async () => {
  const clock = new VirtualClock();
  const lines = new RepeatedLines(clock);
  expect([lines.isDue('full'), lines.isDue('full'), lines.isDue('away')]).toEqual([
    true,
    false,
    true,
  ]);
  await clock.advance(59_999);
  expect(lines.isDue('full')).toBe(false);
  await clock.advance(1);
  expect([lines.isDue('full'), lines.isDue('full')]).toEqual([true, false]);
});
