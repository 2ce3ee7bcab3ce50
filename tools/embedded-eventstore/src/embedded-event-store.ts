import { WriteService } from './grpc/write-service';
import { GrpcServer } from './grpc/grpc-server';
import { ReadHandler } from './grpc/read.handler';
import { openRecordLog, type OpenLog } from './log/open-record-log';
import type { RecordLog } from './log/record-log.port';
import { CommitSignal } from './reading/commit-signal';
import { systemEvent } from './writing/soft-delete';
import { StreamWriter } from './writing/stream-writer';
import { WriteQueue } from './writing/write-queue';

const MAX_APPEND_BYTES = 1024 * 1024;

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
  const opened = openRecordLog(options.dir);
  try {
    return await serve(opened, options);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function serve(
  opened: OpenLog,
  options: EmbeddedEventStoreOptions,
): Promise<EmbeddedEventStore> {
  const { log } = opened;
  const now = options.now ?? Date.now;
  const commits = new CommitSignal();
  const queue = new WriteQueue(log, now, {
    committed: (records) => commits.committed(records),
    commitFailed: options.onFailure ?? throwUncaught,
  });
  const writer = new StreamWriter(queue);
  const limits = {
    maxAppendBytes: MAX_APPEND_BYTES,
    allowDeletes: options.allowDeletes ?? false,
  };
  await writeFirstEvent(log, writer);
  const server = new GrpcServer({
    writes: new WriteService(writer, limits),
    reads: new ReadHandler({ log, now }, commits),
  });
  await server.listen(options.port ?? 0);
  return {
    port: server.port,
    connectionString: `esdb://127.0.0.1:${server.port}?tls=false`,
    close: async () => {
      server.stop();
      await writer.idle();
      await opened.close();
    },
  };
}

/** A real database is never empty: consumers that forget to filter system events fail early. */
async function writeFirstEvent(log: RecordLog, writer: StreamWriter): Promise<void> {
  if (log.lastPosition > 0) return;
  const event = systemEvent('$UserCreated', Buffer.from('{"loginName":"admin"}'));
  await writer.append({ stream: '$users', expected: 'no-stream', events: [event] });
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
