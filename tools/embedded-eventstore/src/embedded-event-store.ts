import { randomUUID } from 'node:crypto';
import { AppendService } from './grpc/append-service';
import { GrpcServer } from './grpc/grpc-server';
import { ReadHandler } from './grpc/read.handler';
import { openRecordLog } from './log/open-record-log';
import type { RecordLog } from './log/record-log.port';
import { CommitSignal } from './reading/commit-signal';
import { StreamWriter } from './writing/stream-writer';

const MAX_APPEND_BYTES = 1024 * 1024;

export interface EmbeddedEventStoreOptions {
  /** Folder of the database; in memory without one. */
  readonly dir?: string;
  /** 0 or absent: a free port. */
  readonly port?: number;
  readonly allowDeletes?: boolean;
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
  const log = openRecordLog(options.dir);
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
  const commits = new CommitSignal();
  const writer = new StreamWriter(log, Date.now, {
    committed: (records) => commits.committed(records),
    failed: options.onFailure ?? throwUncaught,
  });
  await writeFirstEvent(log, writer);
  const server = new GrpcServer({
    appends: new AppendService(writer, MAX_APPEND_BYTES),
    reads: new ReadHandler(log, commits),
  });
  await server.listen(options.port ?? 0);
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
async function writeFirstEvent(log: RecordLog, writer: StreamWriter): Promise<void> {
  if (log.lastPosition > 0) return;
  const event = {
    id: randomUUID(),
    type: '$UserCreated',
    contentType: 'application/json',
    customMetadata: Buffer.alloc(0),
    body: Buffer.from('{"loginName":"admin"}'),
  };
  await writer.append({ stream: '$users', expected: 'no-stream', events: [event] });
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
