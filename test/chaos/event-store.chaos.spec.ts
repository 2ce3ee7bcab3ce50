import { upliftForAll } from '../support/running-uplift';
import { impatientStoreSuite } from './event-store/impatient-store.suite';

describe('an event store like the real one', () => {
  const uplift = upliftForAll({
    clockSpeed: 480,
    eventStore: { UPLIFT_EMBEDDED_EVENTSTORE_THROW_OUT_EVERY_MS: '1000' },
  });

  impatientStoreSuite(uplift);
});
