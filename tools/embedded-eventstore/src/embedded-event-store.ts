import { GuardedAccess, OPEN_ACCESS } from './access/access-control';
import { UserDirectory } from './access/user-directory';
import { Faults, type FaultOptions } from './faults/faults';
import { GrpcServer, type ServerCertificate } from './grpc/grpc-server';
import { InMemoryRecordLog } from './persistence/in-memory.record-log';
import type { ReadContext } from './grpc/read-handler';
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
  /**
   * With TLS, users and access control lists, as the real server begins: the users `admin` and `ops` with this
   * password. Absent: neither, as the real server with `--insecure`.
   */
  readonly secured?: SecuredOptions;
  /** Called once when a commit failed; the process has to end then. */
  readonly onFailure?: (error: unknown) => void;
}

export interface SecuredOptions extends ServerCertificate {
  readonly adminPassword: string;
}

export interface EmbeddedEventStore {
  readonly port: number;
  /** Without a user, and without the file of an authority. */
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
  const server = await serverOf(options.secured, {
    writer,
    reads: { side: { log, now, positionStep }, commits, faults },
  });
  await server.listen(port);
  return {
    port: server.port,
    connectionString: options.secured
      ? `esdb://localhost:${server.port}?tls=true`
      : `esdb://127.0.0.1:${server.port}?tls=false`,
    faults,
    close: async () => {
      faults.stop();
      server.stop();
      await writer.idle();
      await log.close();
    },
  };
}

interface Parts {
  readonly writer: StreamWriter;
  readonly reads: Omit<ReadContext, 'access'>;
}

async function serverOf(
  secured: SecuredOptions | undefined,
  { writer, reads }: Parts,
): Promise<GrpcServer> {
  if (!secured) return new GrpcServer({ writer, reads: { ...reads, access: OPEN_ACCESS } });
  const { log } = reads.side;
  const users = new UserDirectory(log, writer);
  await users.createFirst(secured.adminPassword);
  const access = new GuardedAccess(users, log);
  return new GrpcServer({
    writer,
    reads: { ...reads, access },
    secured: { certificate: secured, users },
  });
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
