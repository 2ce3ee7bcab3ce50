import { EventStoreUnavailableError, NO_STREAM, StreamNotFoundError } from '@uplift/event-store';
import { verifyChain } from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import { AllReader } from './all-reader';
import { fill, newStream, sampleEvents, untilTaken } from './sample-events';

export interface FillableStore {
  readonly store: EventStore;
  readonly setFull: (isFull: boolean) => void;
}

/** What every event store must do once its disk is full. */
export function fullSuite(name: string, current: () => FillableStore): void {
  describe(`event store that is full: ${name}`, () => {
    it('takes nothing, keeps what it has confirmed, can be read, and takes events again', async () => {
      const { store, setFull } = current();
      const kept = newStream();
      const head = await fill(store, kept, 3);
      const position = await store.lastPosition();
      setFull(true);
      const [refused, other] = [newStream(), newStream()];
      const events = sampleEvents(2);
      for (const append of [
        () => store.append(refused, NO_STREAM, events),
        () => store.append(kept, head, sampleEvents(1)),
      ]) {
        await expect(append()).rejects.toBeInstanceOf(EventStoreUnavailableError);
      }
      expect(await store.load(kept)).toHaveLength(3);
      expect(await store.lastPosition()).toBe(position);
      await expect(store.load(refused)).rejects.toBeInstanceOf(StreamNotFoundError);

      setFull(false);
      await untilTaken(() => store.append(refused, NO_STREAM, events));
      await untilTaken(() => store.append(other, NO_STREAM, sampleEvents(1)));
      expect(await store.load(refused)).toHaveLength(2);
      const reader = await new AllReader(store).until((r) => r.of(other).length === 1);
      expect(reader.of(kept)).toHaveLength(3);
      expect(reader.of(refused)).toHaveLength(2);
      expect(verifyChain(reader.of(kept))).toMatchObject({ valid: true });
      await reader.stop();
    });

    it('goes on with a subscription that was live before', async () => {
      const { store, setFull } = current();
      const stream = newStream();
      await fill(store, stream, 1);
      const reader = await new AllReader(store).until((r) => r.of(stream).length === 1);
      setFull(true);
      const append = () => store.append(newStream(), NO_STREAM, sampleEvents(1));
      await expect(append()).rejects.toBeInstanceOf(EventStoreUnavailableError);
      setFull(false);
      const later = newStream();
      const events = sampleEvents(1);
      await untilTaken(() => store.append(later, NO_STREAM, events));
      await reader.until((r) => r.of(later).length === 1);
      await reader.stop();
    });
  });
}
