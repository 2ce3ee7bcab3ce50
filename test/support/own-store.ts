import { startEmbeddedEventStore } from '../../tools/embedded-eventstore/src';
import { createTempFolder, startNamespace } from '../../tools/stack/src';

/** Somebody else's store on which the suites run; undefined where they start the embedded one. */
export const SHARED_STORE = process.env.UPLIFT_TEST_STORE_URL;

export interface OwnStore {
  readonly connectionString: string;
  close(): Promise<void>;
}

/** An event store that begins empty: the embedded one, or a namespace of somebody else's. */
export async function openOwnStore(): Promise<OwnStore> {
  if (SHARED_STORE === undefined) return startEmbeddedEventStore({ allowDeletes: true });
  const folder = await createTempFolder('uplift-namespace');
  const { part, env } = await startNamespace(folder.path, SHARED_STORE);
  return {
    connectionString: env.UPLIFT_EVENTSTORE_URL,
    close: async () => {
      await part.stop();
      await folder.remove();
    },
  };
}

/** For what has to start, stop, slow down or fill the server itself: told as skipped where it is somebody else's. */
export const describeOnEmbedded = SHARED_STORE === undefined ? describe : describe.skip;
