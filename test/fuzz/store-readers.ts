import { InMemoryBus, InMemoryBusConnection } from '@uplift/bus/testing';
import type { StoredEvent } from '@uplift/contracts';
import { decodeEvent } from '@uplift/contracts';
import type { InMemoryEventStore } from '@uplift/event-store/testing';
import type { Logger } from '@uplift/runtime';
import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { ProjectionLoop } from '../../apps/projector/src/projection/projection-loop';
import { ProjectionProgress } from '../../apps/projector/src/projection/projection-progress';
import { rebuildReadModel } from '../../apps/projector/src/rebuild/rebuild-read-model';
import { InMemoryReadModel } from '../../apps/projector/src/testing/in-memory.read-model';
import { RelayLoop } from '../../apps/relay/src/relay-loop';
import { RelayStatus } from '../../apps/relay/src/relay-status';

const nothing = () => undefined;
const SILENT = { info: nothing, warn: nothing, error: nothing } as unknown as Logger;
/** Of virtual time, after which a reader that has not come to the end never will. */
const LIMIT_MS = 60_000;

/** The bus as a relay fills it from the store; a bus that is there goes on from where it is. */
export async function busOf(store: InMemoryEventStore, known?: InMemoryBus) {
  const clock = known === undefined ? new VirtualClock() : (known.clock as VirtualClock);
  const randomness = new SeededRandomness(1);
  const bus = known ?? new InMemoryBus({ clock, randomness });
  const stopping = new AbortController();
  const status = new RelayStatus(clock);
  const loop = new RelayLoop({
    bus: new InMemoryBusConnection(bus, 'relay'),
    ...{ store, clock, randomness, status, logger: SILENT },
    ...{ onBeat: nothing, onKeeperBeat: nothing },
  });
  const running = loop.relay(stopping.signal);
  const { events } = await store.readAll(null, 100_000);
  const isDone = () => status.ordinal === events.length;
  await passUntil(clock, isDone, () => status.reason ?? 'the relay stands still');
  stopping.abort();
  await clock.advance(1_000);
  await running;
  return { bus, count: events.length, connection: new InMemoryBusConnection(bus, 'reader') };
}

/** What a relay has published of the store, in the order of the bus. */
export async function relayed(store: InMemoryEventStore): Promise<readonly StoredEvent[]> {
  const { bus, count } = await busOf(store);
  return Array.from({ length: count }, (_, n) => bus.messageAt(n + 1)).flatMap((message) =>
    message === null ? [] : [decodeEvent(message)],
  );
}

/** The read model as a projector makes it from the store. */
export async function projected(store: InMemoryEventStore): Promise<InMemoryReadModel> {
  const clock = new VirtualClock();
  const readModel = new InMemoryReadModel(clock);
  const progress = new ProjectionProgress(clock);
  const loop = new ProjectionLoop({
    ...{ store, clock, progress, readModel: readModel.connect(), logger: SILENT },
    randomness: new SeededRandomness(1),
    rebuild: (signal: AbortSignal) =>
      rebuildReadModel({ store, readModel: readModel.connect(), clock, signal }),
  });
  loop.start();
  const last = await store.lastPosition();
  const isDone = () => progress.checkpoint?.position === last;
  await passUntil(clock, isDone, () => JSON.stringify(loop.state));
  await loop.stop();
  return readModel;
}

async function passUntil(
  clock: VirtualClock,
  isDone: () => boolean,
  why: () => string,
): Promise<void> {
  for (let passed = 0; !isDone(); passed += 50) {
    if (passed > LIMIT_MS) throw new Error(`Not at the end: ${why()}`);
    await clock.advance(50);
  }
}
