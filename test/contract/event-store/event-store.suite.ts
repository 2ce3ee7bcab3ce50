import { EventStoreUnavailableError, NO_STREAM } from '@uplift/event-store';
import type { EventStore } from '@uplift/event-store';
import { appendingSuite } from './appending.suite';
import { AllReader } from './all-reader';
import { filteredSuite } from './filtered.suite';
import { newStream, sampleEvents } from './sample-events';
import { subscribingSuite } from './subscribing.suite';

/** What every event store must do; the store may hold other events already. */
export function eventStoreSuite(name: string, create: () => EventStore): void {
  describe(`event store: ${name}`, () => {
    let store: EventStore;
    beforeAll(() => {
      store = create();
    });
    afterAll(() => store.close());

    appendingSuite(() => store);
    subscribingSuite(() => store);
    filteredSuite(() => store);

    it('ends its subscriptions quietly and refuses work once it is closed', async () => {
      const closing = create();
      const reader = await new AllReader(closing).until((r) => r.caughtUp);
      const ended = reader.next();
      await closing.close();
      expect(await ended).toBeUndefined();
      const late = closing.append(newStream(), NO_STREAM, sampleEvents(1));
      await expect(late).rejects.toBeInstanceOf(EventStoreUnavailableError);
    });
  });
}
