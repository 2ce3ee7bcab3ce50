import { TOMBSTONE_REVISION, type LogRecord } from '../persistence/record-log.port';
import type { ProposedEvent } from '../streams/append-request';

type EventPlace = Pick<LogRecord, 'position' | 'stream' | 'revision' | 'createdAt'>;

const TICKS_PER_MILLISECOND = 10_000;

const VARINT = 0;
const LENGTH_DELIMITED = 2;

/** Largest signed 64-bit number: the revision of a tombstone. */
const MAX_INT64_VARINT = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);

/** The record of a proposed event, its delivery message included; the message names `position` times `step`. */
export function toRecord(event: ProposedEvent, place: EventPlace, step = 1): LogRecord {
  const { position, stream, revision, createdAt } = place;
  const { type, id } = event;
  return {
    position,
    stream,
    revision,
    type,
    id,
    createdAt,
    message: readResponse(event, { ...place, position: position * step }),
  };
}

function readResponse(event: ProposedEvent, place: EventPlace): Uint8Array {
  const recorded = bytesField(1, recordedEvent(event, place));
  return bytesField(1, Buffer.concat([recorded, numberField(3, place.position)]));
}

function recordedEvent(event: ProposedEvent, place: EventPlace): Buffer {
  const created = String(Math.trunc(place.createdAt) * TICKS_PER_MILLISECOND);
  return Buffer.concat([
    bytesField(1, stringField(2, event.id)),
    bytesField(2, bytesField(3, Buffer.from(place.stream))),
    place.revision === TOMBSTONE_REVISION ? maxInt64Field(3) : numberField(3, place.revision),
    numberField(4, place.position),
    numberField(5, place.position),
    mapEntry('type', event.type),
    mapEntry('content-type', event.contentType),
    mapEntry('created', created),
    bytesField(7, event.customMetadata),
    bytesField(8, event.body),
  ]);
}

function mapEntry(key: string, value: string): Buffer {
  return bytesField(6, Buffer.concat([stringField(1, key), stringField(2, value)]));
}

/** Protobuf fields as byte chunks: the generated classes would be too slow here. */
function bytesField(field: number, bytes: Uint8Array): Buffer {
  const tag = varint((field << 3) | LENGTH_DELIMITED);
  return Buffer.concat([tag, varint(bytes.length), bytes]);
}

function stringField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([varint((field << 3) | VARINT), varint(value)]);
}

function maxInt64Field(field: number): Buffer {
  return Buffer.concat([varint((field << 3) | VARINT), MAX_INT64_VARINT]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
