import { TOMBSTONE_REVISION, type LogRecord } from '../log/log-record';
import { bytesField, maxInt64Field, numberField, stringField } from './protobuf-writer';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly customMetadata: Uint8Array;
  readonly body: Uint8Array;
}

export interface EventPlace {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const TICKS_PER_MILLISECOND = 10_000;

/** The record of a proposed event, its delivery message included. */
export function toRecord(event: ProposedEvent, place: EventPlace): LogRecord {
  return { ...place, type: event.type, id: event.id, message: readResponse(event, place) };
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
