import { InMemoryBusConnection } from '@uplift/bus/testing';
import { InMemoryEventStore } from '@uplift/event-store/testing';
import { readable } from '../../support/bus-reader';
import { VirtualBus } from '../bus/virtual-bus';
import { fullBusSuite } from './full-bus.suite';
import { eventually, everything, fill, RunningRelay } from './relay-fixture';
import { relaySuite } from './relay.suite';

relaySuite('the twin', () => VirtualBus.start());
fullBusSuite('the twin', () => VirtualBus.start());

describe('the relay over a bus that has lost messages', () => {
  it.each([[[7]], [[6]], [[2]], [[3, 4, 5, 6, 7]], [[1, 2, 3, 4, 5, 6, 7]]])(
    'goes on behind the newest of eight without %j',
    async (gone) => {
      const server = await VirtualBus.start();
      const reader = await server.connect('reader');
      const store = new InMemoryEventStore({ clock: server.clock });
      await fill(store, 8);
      const first = await RunningRelay.start(server, store);
      await eventually(async () => (await reader.lastSequence().catch(() => 0)) === 8);
      await first.stop();
      for (const sequence of gone) server.remove(sequence);
      await fill(store, 4);
      const second = await RunningRelay.start(server, store);
      await eventually(
        async () => (await reader.lastSequence()) === 12,
        () => second.status,
      );
      const stored = await everything(store);
      const left = (await server.read(12)).map(readable);
      expect(left.map(({ event }) => event)).toEqual(
        stored.filter((_, n) => !gone.includes(n + 1)),
      );
      expect(left.at(-1)?.proof.ordinal).toBe(12);
      expect(second.status).toMatchObject({ mode: 'relaying', messagesPassedOver: 0 });
      await second.stop();
      await reader.close();
      await server.close();
    },
  );
});

it('publishes although consumers cannot be looked after', async () => {
  const server = await VirtualBus.start();
  const reader = await server.connect('reader');
  const store = new InMemoryEventStore({ clock: server.clock });
  await fill(store, 8);
  const asked = jest
    .spyOn(InMemoryBusConnection.prototype, 'ensureConsumers')
    .mockRejectedValue(new Error('TIMEOUT'));
  const relay = await RunningRelay.start(server, store);
  await eventually(async () => (await reader.lastSequence().catch(() => 0)) === 8);
  await eventually(() => asked.mock.calls.length > 1);
  expect(relay.lines).toContain('bus could not be looked after');
  expect(relay.status.reason).toBeUndefined();
  asked.mockRestore();
  await relay.stop();
  await reader.close();
  await server.close();
});
