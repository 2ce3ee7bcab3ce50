import {
  CLOUD_EVENT_HEADERS as CE,
  CONTENT_TYPES,
  EVENT_HEADERS as UP,
  decodeHeaderValue,
  encodeHeaderValue,
} from './headers';
import type { Actor, StoredEvent, StoredEventMetadata } from './stored-event';
import { MOST_DEPTH } from './stored-event';
import { EVENT_SUBJECT_ROOT, eventNameOf, splitStreamName } from './subjects';

/** Where an event stands on the bus: its number within one filling of the stream, and that filling's id. */
export interface RelayProof {
  /** From 1: message k of an epoch is event k of the store. */
  readonly ordinal: number;
  readonly epoch: string;
  /** Messages of the stream right before this one that are not the relay's: the ordinals go on over them. */
  readonly gap?: SequenceGap;
}

export interface SequenceGap {
  readonly first: number;
  readonly last: number;
}

/** One event as it travels: a CloudEvent 1.0 in NATS binary mode. */
export interface BusMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** Reads a payload where it lies; a byte order mark stays, and is no JSON. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

export type ReceivedMessage = Pick<BusMessage, 'headers' | 'payload'>;

/** The message is not one of the relay's: it can never become readable by trying again. */
export class UndecodableMessageError extends Error {
  readonly code = 'undecodable-message';
}

export function encodeEvent(event: StoredEvent, proof: RelayProof): BusMessage {
  const { category, id } = splitStreamName(event.stream);
  const tokens = [category, eventNameOf(event.type), id].map(subjectToken);
  return {
    subject: `${EVENT_SUBJECT_ROOT}.${tokens.join('.')}`,
    headers: encoded(headersOf(event, proof)),
    payload: Buffer.from(JSON.stringify(event.data)),
  };
}

/** Gives back exactly what the store holds. Throws UndecodableMessageError. */
export function decodeEvent(message: ReceivedMessage): StoredEvent {
  const { headers } = message;
  const damage = optional(headers, UP.damage);
  return {
    id: required(headers, CE.id),
    type: required(headers, UP.eventType),
    stream: required(headers, UP.stream),
    revision: wholeNumber(headers, UP.streamRevision),
    position: position(headers),
    recordedAt: required(headers, CE.time),
    data: decodeData(message.payload),
    metadata: decodeMetadata(headers),
    ...(damage === undefined ? {} : { damage }),
  };
}

/** Throws UndecodableMessageError. */
export function decodeRelayProof(headers: ReceivedMessage['headers']): RelayProof {
  const gap = optional(headers, UP.gap);
  return {
    ordinal: wholeNumber(headers, UP.ordinal),
    epoch: required(headers, UP.epoch),
    ...(gap === undefined ? {} : { gap: sequenceGap(gap) }),
  };
}

function sequenceGap(text: string): SequenceGap {
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const gap = { first: Number(first), last: Number(last) };
  if (gap.first >= 1 && gap.last >= gap.first) return gap;
  throw broken(`header ${UP.gap} names no messages`);
}

/** `$id` of the JSON Schema that an event's data satisfies. */
export function eventSchemaId(category: string, eventType: string, version: number): string {
  return `urn:uplift:schema:${category}.${eventNameOf(eventType)}.v${version}`;
}

/** In one literal: to join objects of this many fields costs more than all else of an event. */
function headersOf(event: StoredEvent, { ordinal, epoch, gap }: RelayProof): Fields {
  const { category, id } = splitStreamName(event.stream);
  const { metadata } = event;
  const { schemaVersion } = metadata;
  return {
    [CE.specVersion]: '1.0',
    [CE.id]: event.id,
    [CE.source]: `/uplift/${category}/${id}`,
    [CE.type]: `io.uplift.${category}.${eventNameOf(event.type)}.v${schemaVersion}`,
    [CE.subject]: id,
    [CE.time]: event.recordedAt,
    [CE.contentType]: CONTENT_TYPES.json,
    [CE.schema]: eventSchemaId(category, event.type, schemaVersion),
    [CE.correlationId]: metadata.$correlationId,
    [CE.causationId]: metadata.$causationId,
    [CE.sequence]: String(event.revision).padStart(20, '0'),
    [CE.authType]: metadata.actor?.type,
    [CE.authId]: metadata.actor?.id,
    [UP.stream]: event.stream,
    [UP.streamRevision]: String(event.revision),
    [UP.eventType]: event.type,
    [UP.schemaVersion]: String(schemaVersion),
    [UP.position]: event.position.toString(),
    [UP.hash]: metadata.hash,
    [UP.damage]: event.damage,
    [UP.service]: metadata.service,
    [UP.commandFingerprint]: metadata.commandFingerprint,
    [UP.traceparent]: metadata.traceparent,
    [UP.ordinal]: String(ordinal),
    [UP.epoch]: epoch,
    [UP.gap]: gap && `${gap.first}-${gap.last}`,
  };
}

function decodeMetadata(headers: Received): StoredEventMetadata {
  const traceparent = optional(headers, UP.traceparent);
  const commandFingerprint = optional(headers, UP.commandFingerprint);
  return {
    $correlationId: required(headers, CE.correlationId),
    $causationId: required(headers, CE.causationId),
    actor: { type: actorType(headers), id: required(headers, CE.authId) },
    service: required(headers, UP.service),
    schemaVersion: wholeNumber(headers, UP.schemaVersion),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(commandFingerprint === undefined ? {} : { commandFingerprint }),
    hash: required(headers, UP.hash),
  };
}

type Fields = Record<string, string | undefined>;
type Received = ReceivedMessage['headers'];

function encoded(fields: Fields): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) headers[name] = encodeHeaderValue(value);
  }
  return headers;
}

function subjectToken(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_') || '_';
}

function decodeData(payload: Uint8Array): object {
  const value = parsed(payload);
  if (typeof value !== 'object' || value === null) throw broken('its body is not a JSON object');
  if (!isWritable(value, MOST_DEPTH)) {
    throw broken(
      `its body is nested more than ${MOST_DEPTH} deep, or has a number beyond all bounds`,
    );
  }
  return value;
}

/** Whether it can be written as it was read: JSON has texts of numbers that are read as infinite. */
function isWritable(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((part) => isWritable(part, depth - 1));
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(payload));
  } catch (cause) {
    throw broken('its body is not JSON', cause);
  }
}

function optional(headers: Received, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  try {
    return decodeHeaderValue(value);
  } catch (cause) {
    throw broken(`header ${name} is not percent-encoded UTF-8`, cause);
  }
}

function required(headers: Received, name: string): string {
  const value = optional(headers, name);
  if (value === undefined) throw broken(`header ${name} is missing`);
  return value;
}

function wholeNumber(headers: Received, name: string): number {
  const value = Number(required(headers, name));
  if (!Number.isSafeInteger(value) || value < 0)
    throw broken(`header ${name} is not a whole number`);
  return value;
}

function position(headers: Received): bigint {
  const text = required(headers, UP.position);
  if (!/^\d+$/.test(text)) throw broken(`header ${UP.position} is not a position`);
  return BigInt(text);
}

function actorType(headers: Received): Actor['type'] {
  const type = required(headers, CE.authType);
  if (type === 'user' || type === 'service_account' || type === 'system') return type;
  throw broken(`header ${CE.authType} names no known kind of actor`);
}

function broken(reason: string, cause?: unknown): UndecodableMessageError {
  return new UndecodableMessageError(`The message cannot be read: ${reason}`, { cause });
}
