import { BACKWARDS, END } from '@eventstore/db-client';
import type { EsdbConnection, Try } from './esdb.connection';
import { appendError, readError } from './esdb.errors';
import { NO_STREAM, RevisionConflictError, StreamNotFoundError } from './event-store.port';
import type { StoreRight } from './store-rights';

/** Of the form of ours, and never there. */
const STREAM = 'instance-00000000-0000-0000-0000-000000000000';

const CHECKS: Readonly<Record<StoreRight, (attempt: Try) => Promise<unknown>>> = {
  'read streams': async ({ line, waitMs }) => {
    const read = line.client.readStream(STREAM, { maxCount: 1 });
    await line.collect(read, waitMs).catch((error: unknown) => {
      const reason = readError(error, STREAM);
      if (!(reason instanceof StreamNotFoundError)) throw reason;
    });
  },
  'read $all': ({ line, waitMs }) => {
    const last = { direction: BACKWARDS, fromPosition: END, maxCount: 1 } as const;
    return line.collect(line.client.readAll(last), waitMs);
  },
  // At a revision that no stream has: whoever may append is told so.
  append: async ({ line, waitMs }) => {
    const after = { revision: Number.MAX_SAFE_INTEGER, hash: NO_STREAM.hash };
    const nothing = { events: [], head: after };
    await line.append({ stream: STREAM, after }, nothing, waitMs).catch((error: unknown) => {
      const reason = appendError(error, STREAM, nothing);
      if (!(reason instanceof RevisionConflictError)) throw reason;
    });
  },
};

/** Asks for something that needs the right, and changes nothing. Throws EventStoreRefusedError. */
export async function checkRight(connection: EsdbConnection, right: StoreRight): Promise<void> {
  await connection.answer(right, CHECKS[right]);
}
