import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { PullSubscription } from './pull-subscription';
import { InMemoryBus, InMemoryBusConnection } from './testing';

const DURABLE = 'upgrade';

/** Asks a bus without messages for as many as there is room for. */
async function subscribed(messages: number, bytes = 1_000_000_000) {
  const clock = new VirtualClock();
  const bus = new InMemoryBus({ clock, randomness: new SeededRandomness(1) });
  const connection = new InMemoryBusConnection(bus, 'spec');
  await connection.ensureTopology();
  let beats = 0;
  const pull = new PullSubscription(connection, {
    durable: DURABLE,
    batch: 10,
    room: () => ({ messages, bytes }),
    onMessage: () => undefined,
    onBeat: () => void (beats += 1),
  });
  pull.start();
  await clock.advance(0);
  return {
    pull,
    asked: () => bus.consumer(DURABLE)?.state.pulls,
    beatsIn: async (ms: number) => {
      const before = beats;
      await clock.advance(ms);
      return beats - before;
    },
  };
}

test('a loop without traffic beats', async () => {
  const { pull, beatsIn } = await subscribed(10);
  expect(await beatsIn(60_000)).toBeGreaterThanOrEqual(12);
  await pull.stop();
});

test('a loop that has all the messages it can take beats, however long their work lasts', async () => {
  const { pull, beatsIn } = await subscribed(0);
  expect(await beatsIn(60_000)).toBeGreaterThanOrEqual(12);
  await pull.stop();
});

test('a loop that has all the bytes it can take asks for none, and beats', async () => {
  const { pull, beatsIn, asked } = await subscribed(10, 1_000_000);
  expect(await beatsIn(60_000)).toBeGreaterThanOrEqual(12);
  expect(asked()).toBe(0);
  await pull.stop();
});
