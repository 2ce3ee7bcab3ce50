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
  /** Called once when a commit failed; the process has to end then. */
  readonly onFailure?: (error: unknown) => void;
}

export interface EmbeddedEventStore {
  readonly port: number;
  readonly connectionString: string;
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
  { port = 0, allowDeletes = false, now = Date.now, onFailure }: EmbeddedEventStoreOptions,
): Promise<EmbeddedEventStore> {
  const commits = new CommitSignal();
  const queue = new WriteQueue(log, now, {
    committed: (records) => commits.committed(records),
    commitFailed: onFailure ?? throwUncaught,
  });
  const writer = new StreamWriter(queue, allowDeletes);
  if (log.lastPosition === 0) await writeFirstEvent(writer);
  const server = new GrpcServer(writer, { log, now }, commits);
  await server.listen(port);
  return {
    port: server.port,
    connectionString: `esdb://127.0.0.1:${server.port}?tls=false`,
    close: async () => {
      server.stop();
      await writer.idle();
      await log.close();
    },
  };
}

/** A real database is never empty: consumers that forget to filter system events fail early. */
async function writeFirstEvent(writer: StreamWriter): Promise<void> {
  const event = systemEvent('$UserCreated', Buffer.from('{"loginName":"admin"}'));
  await writer.append({ stream: '$users', expected: 'no-stream', events: [event] });
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
