import type { LogRecord } from './log-record';

const FIXED_BYTES = 8 + 4 + 16 + 4 + 4;

/** Header (created, revision, id, stream, type) in front of the message, which stays untouched. */
export function encodeRecord(record: LogRecord): Buffer {
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

export function decodeRecord(position: number, bytes: Buffer): LogRecord {
  const streamEnd = FIXED_BYTES + bytes.readUInt32LE(28);
  const typeEnd = streamEnd + bytes.readUInt32LE(32);
  return {
    position,
    stream: bytes.toString('utf8', FIXED_BYTES, streamEnd),
    revision: bytes.readUInt32LE(8),
    type: bytes.toString('utf8', streamEnd, typeEnd),
    id: formatUuid(bytes.toString('hex', 12, 28)),
    createdAt: bytes.readDoubleLE(0),
    message: bytes.subarray(typeEnd),
  };
}

function formatUuid(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
