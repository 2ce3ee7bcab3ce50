import { Faults, type FaultOptions } from './faults/faults';
import { GrpcServer } from './grpc/grpc-server';
import { InMemoryRecordLog } from './persistence/in-memory.record-log';
import { LmdbRecordLog } from './persistence/lmdb.record-log';
import type { RecordLog } from './persistence/record-log.port';
import { CommitSignal } from './reads/subscription';
import { systemEvent } from './streams/stream-metadata';
import { StreamWriter } from './streams/stream-writer';
import { WriteQueue } from './streams/write-queue';

export interface EmbeddedEventStoreOptions {
  /** Folder of the database; in memory without one. */
  readonly dir?: string;
  /** 0 or absent: a free port. */
  readonly port?: number;
  readonly allowDeletes?: boolean;
  /** Milliseconds since 1970; the clock of the machine without one. */
  readonly now?: () => number;
  /**
   * Clients see 1 times, 2 times, 3 times this as positions (default 1). With more than 1 there are positions
   * that are no event's own, as on the real server, where they are byte offsets. A folder needs the same for ever.
   */
  readonly positionStep?: number;
  readonly faults?: FaultOptions;
  /** Called once when a commit failed; the process has to end then. */
  readonly onFailure?: (error: unknown) => void;
}

export interface EmbeddedEventStore {
  readonly port: number;
  readonly connectionString: string;
  readonly faults: Faults;
  close(): Promise<void>;
}

export async function startEmbeddedEventStore(
  options: EmbeddedEventStoreOptions = {},
): Promise<EmbeddedEventStore> {
  const { dir } = options;
  const log = dir === undefined ? new InMemoryRecordLog() : new LmdbRecordLog(dir);
  try {
    return await serve(log, options);
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function serve(
  log: RecordLog,
  options: EmbeddedEventStoreOptions,
): Promise<EmbeddedEventStore> {
  const { port = 0, allowDeletes = false, now = Date.now, positionStep = 1, onFailure } = options;
  const faults = new Faults(options.faults);
  const commits = new CommitSignal();
  const queue = new WriteQueue(
    log,
    { now, positionStep },
    {
      committed: (records) => commits.committed(records),
      commitFailed: onFailure ?? throwUncaught,
    },
  );
  const { unansweredRepeatsMs } = faults;
  const writer = new StreamWriter(queue, { allowDeletes, now, unansweredRepeatsMs });
  if (log.lastPosition === 0) await writeFirstEvent(writer);
  const server = new GrpcServer(writer, { side: { log, now, positionStep }, commits, faults });
  await server.listen(port);
  return {
    port: server.port,
    connectionString: `esdb://127.0.0.1:${server.port}?tls=false`,
    faults,
    close: async () => {
      faults.stop();
      server.stop();
      await writer.idle();
      await log.close();
    },
  };
}

/** A real database is never empty: consumers that forget to filter system events fail early. */
async function writeFirstEvent(writer: StreamWriter): Promise<void> {
  const event = systemEvent('$metadata', Buffer.from('{"$maxCount":1000}'));
  await writer.append({ stream: '$$$scavenges', expected: 'no-stream', events: [event] });
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
