import { CLOCK_STREAM } from '@uplift/contracts';
import { SystemHistory } from '@uplift/event-store';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { VirtualClock } from '@uplift/runtime/testing';
import { ClockCheck } from './clock-check';

function setUp() {
  const store = new InMemoryEventStore();
  const history = new SystemHistory(store, 'stage-workers');
  const clock = new VirtualClock();
  const check = () => new ClockCheck(history, { type: 'system', id: 'stage-workers/w1' }, clock);
  const asked = async () => {
    const { events } = await store.readAll(null, 100);
    return events.filter(({ type }) => type === 'ClockChecked');
  };
  /** Asks, and sees what it asked. */
  const askAndSee = async (who: ClockCheck) => {
    await who.ask();
    who.observe((await asked()).at(-1)!);
  };
  return { store, clock, check, asked, askAndSee };
}

describe('a question for the time', () => {
  it('is asked where the stream was deleted behind what is known of it', async () => {
    const { store, clock, check, asked, askAndSee } = setUp();
    const other = check();
    await askAndSee(other);
    const [known] = other.fold.entries();
    await askAndSee(other);
    store.remove(CLOCK_STREAM, 'deleted');
    const late = check();
    late.fold.takeBack(known);
    const { length } = await asked();
    await clock.advance(1_000);
    await late.ask();
    await late.ask();
    expect((await asked()).length).toBeGreaterThan(length);
  });
});
