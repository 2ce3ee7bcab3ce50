import type { BusConnection } from '@uplift/bus';
import { GuardedEventStore, headOf, NO_STREAM } from '@uplift/event-store';
import { InMemoryEventStore, InMemoryMessageLog, sampleEvent } from '@uplift/event-store/testing';
import type { ServiceRuntime } from '@uplift/runtime';
import { Health } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { toProblem } from '../commands/to-problem';
import { StoreWatch } from './store-watch';

const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';

it('takes no command while the store lacks what the bus has, stays ready, and says why', async () => {
  const clock = new VirtualClock();
  const health = new Health(clock);
  health.markStarted();
  const [store, copied] = [new InMemoryEventStore({ clock }), new InMemoryEventStore({ clock })];
  const { head } = await store.append(STREAM, NO_STREAM, [sampleEvent(0)]);
  await store.append(STREAM, head, [sampleEvent(1)]);
  const bus = new InMemoryMessageLog(await store.load(STREAM));
  await copied.append(STREAM, NO_STREAM, [sampleEvent(0)]);
  const runtime = { health, clock, randomness: new SeededRandomness(1) };
  const watch = new StoreWatch(
    copied,
    bus as unknown as BusConnection,
    runtime as unknown as ServiceRuntime,
  );
  watch.onApplicationBootstrap();

  const append = new GuardedEventStore(copied, watch)
    .append(STREAM, headOf(await copied.load(STREAM)), [sampleEvent(2)])
    .catch(toProblem);
  // A node of the store that is behind is asked once more.
  await clock.advance(2_000);

  expect(await append).toMatchObject({ status: 503, code: 'store-diverged' });
  expect(await copied.load(STREAM)).toHaveLength(1);
  expect(await health.readiness()).toMatchObject({
    ok: true,
    degraded: { store: expect.stringContaining('uplift system accept-store') as string },
  });
  const stopped = watch.beforeApplicationShutdown();
  await clock.advance(0);
  await stopped;
});
