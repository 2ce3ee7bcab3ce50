import type * as Lmdb from 'lmdb';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { FolderLock } from './folder-lock';
import { RecordLog, TOMBSTONE_REVISION, type LogRecord } from './record-log.port';

const FIXED_BYTES = 8 + 4 + 16 + 4 + 4;

interface StreamEntry {
  readonly number: number;
  last: number;
}

const { open } = loadLmdb();

/**
 * lmdb's CommonJS build makes a URL of its own path without encoding it, and then finds no binary in a folder whose
 * path has a `#` or a `%`. Like a bundle in a browser, it asks `document` first, so that names the right URL.
 */
function loadLmdb(): typeof Lmdb {
  const require = createRequire(__filename);
  const src = pathToFileURL(require.resolve('lmdb')).href;
  Reflect.set(globalThis, 'document', { currentScript: { tagName: 'SCRIPT', src } });
  try {
    return require('lmdb') as typeof Lmdb;
  } finally {
    Reflect.deleteProperty(globalThis, 'document');
  }
}

/**
 * Three tables: position -> record, (stream number, revision) -> position, stream number -> name.
 * Streams are numbered because the engine limits the size of a key.
 */
export class LmdbRecordLog extends RecordLog {
  private readonly root: Lmdb.RootDatabase<Buffer, number>;
  private readonly events: Lmdb.Database<Buffer, number>;
  private readonly revisions: Lmdb.Database<Buffer, Buffer>;
  private readonly names: Lmdb.Database<Buffer, number>;
  private readonly streams = new Map<string, StreamEntry>();
  private readonly lock: FolderLock;
  private committed: number;

  /** Throws `FolderInUseError` when another server has the folder open. */
  constructor(folder: string) {
    super();
    mkdirSync(folder, { recursive: true });
    this.lock = FolderLock.acquire(folder);
    try {
      this.root = open<Buffer, number>({ path: folder, noSubdir: false, encoding: 'binary' });
      this.events = this.root.openDB('events', { encoding: 'binary', keyEncoding: 'uint32' });
      this.revisions = this.root.openDB('revisions', { encoding: 'binary', keyEncoding: 'binary' });
      this.names = this.root.openDB('names', { encoding: 'binary', keyEncoding: 'uint32' });
      this.committed = Array.from(this.events.getKeys({ reverse: true, limit: 1 }))[0] ?? 0;
      this.loadStreams();
    } catch (error) {
      this.lock.release();
      throw error;
    }
  }

  get lastPosition(): number {
    return this.committed;
  }

  async commit(records: readonly LogRecord[]): Promise<void> {
    await this.root.batch(() => {
      for (const record of records) this.put(record);
    });
    await this.root.flushed;
    this.root.resetReadTxn();
    for (const record of records) this.streamOf(record.stream).last = record.revision;
    this.committed = records.at(-1)?.position ?? this.committed;
  }

  lastRevision(stream: string): number {
    return this.streams.get(stream)?.last ?? -1;
  }

  scan(position: number, limit: number): readonly LogRecord[] {
    const start = Math.max(position, 1);
    const end = Math.min(start + limit, this.committed + 1);
    if (start >= end) return [];
    const entries = this.events.getRange({ start, end });
    return Array.from(entries, (entry) => decodeRecord(entry.key, asBuffer(entry.value)));
  }

  scanStream(stream: string, revision: number, limit: number): readonly LogRecord[] {
    const entry = this.streams.get(stream);
    if (!entry || revision > entry.last) return [];
    const keys = this.revisions.getRange({
      start: revisionKey(entry.number, revision),
      end: revisionKey(entry.number, entry.last),
      inclusiveEnd: true,
      limit,
    });
    return Array.from(keys, (found) => this.eventAt(asBuffer(found.value).readUInt32BE(0)));
  }

  async close(): Promise<void> {
    await this.root.close();
    this.lock.release();
  }

  private eventAt(position: number): LogRecord {
    const bytes = this.events.getBinary(position);
    if (!bytes) throw new Error(`the index names event ${position}, which is missing`);
    return decodeRecord(position, asBuffer(bytes));
  }

  private put(record: LogRecord): void {
    const position = Buffer.alloc(4);
    position.writeUInt32BE(record.position);
    const key = revisionKey(this.streamOf(record.stream).number, record.revision);
    void this.events.put(record.position, encodeRecord(record));
    void this.revisions.put(key, position);
  }

  private streamOf(name: string): StreamEntry {
    const known = this.streams.get(name);
    if (known) return known;
    const entry = { number: this.streams.size + 1, last: -1 };
    this.streams.set(name, entry);
    void this.names.put(entry.number, Buffer.from(name));
    return entry;
  }

  private loadStreams(): void {
    for (const { key: number, value } of this.names.getRange()) {
      this.streams.set(asBuffer(value).toString(), { number, last: this.lastRevisionOf(number) });
    }
  }

  private lastRevisionOf(stream: number): number {
    const [last] = Array.from(
      this.revisions.getKeys({
        start: revisionKey(stream, TOMBSTONE_REVISION),
        end: revisionKey(stream, 0),
        inclusiveEnd: true,
        reverse: true,
        limit: 1,
      }),
    );
    return last ? asBuffer(last).readUInt32BE(4) : -1;
  }
}

function revisionKey(stream: number, revision: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt32BE(stream, 0);
  key.writeUInt32BE(revision, 4);
  return key;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Header (created, revision, id, stream, type) in front of the message, which stays untouched. */
function encodeRecord(record: LogRecord): Buffer {
  const stream = Buffer.from(record.stream);
  const type = Buffer.from(record.type);
  const head = Buffer.allocUnsafe(FIXED_BYTES);
  head.writeDoubleLE(record.createdAt, 0);
  head.writeUInt32LE(record.revision, 8);
  head.write(record.id.replaceAll('-', ''), 12, 'hex');
  head.writeUInt32LE(stream.length, 28);
  head.writeUInt32LE(type.length, 32);
  return Buffer.concat([head, stream, type, record.message]);
}

function decodeRecord(position: number, bytes: Buffer): LogRecord {
  const streamEnd = FIXED_BYTES + bytes.readUInt32LE(28);
  const typeEnd = streamEnd + bytes.readUInt32LE(32);
  return {
    position,
    stream: bytes.toString('utf8', FIXED_BYTES, streamEnd),
    revision: bytes.readUInt32LE(8),
    type: bytes.toString('utf8', streamEnd, typeEnd),
    id: hexToUuid(bytes.toString('hex', 12, 28)),
    createdAt: bytes.readDoubleLE(0),
    message: bytes.subarray(typeEnd),
  };
}

function hexToUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
