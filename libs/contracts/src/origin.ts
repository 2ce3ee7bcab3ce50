import { EVENT_CATEGORIES } from './recorded-event';
import type { StoredEvent, StoredEventMetadata } from './stored-event';
import { DAMAGED_METADATA, MOST_DEPTH } from './stored-event';
import { splitStreamName } from './subjects';

/** An event as the store has it: anybody may have written it. */
export interface RawEvent extends Pick<
  StoredEvent,
  'id' | 'type' | 'stream' | 'revision' | 'position' | 'recordedAt'
> {
  /** Bytes where the content is not JSON. */
  readonly data: unknown;
  readonly metadata: unknown;
}

const CATEGORY = /^[a-z][A-Za-z0-9]{0,31}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Origin {
  readonly stream: string;
  readonly type: string;
  readonly metadata: unknown;
}

/**
 * Whether an event is one of ours, whoever wrote it: every event of a stream `<known category>-<uuid>`, and every
 * event with our metadata in a stream of a category still to come. Links, tombstones and other events of the store
 * itself (`$`) are none of ours, wherever they stand.
 */
export function isOurs({ stream, type, metadata }: Origin): boolean {
  if (type.startsWith('$')) return false;
  const { category, id } = splitStreamName(stream);
  if (!UUID.test(id)) return false;
  if (Object.hasOwn(EVENT_CATEGORIES, category)) return true;
  return CATEGORY.test(category) && faultOfMetadata(metadata) === null;
}

/** Category of the streams in which processes keep what they have folded: our notes, and no history. */
const CHECKPOINTS = 'upliftCheckpoint';

/** No UUID follows the dash: whatever build reads it, it is none of our events. */
export function checkpointStream(name: string): string {
  return `${CHECKPOINTS}-${name}`;
}

/** Whether another program wrote it. What the store writes for itself, and our notes, are neither ours nor foreign. */
export function isForeign(event: Origin): boolean {
  const isOfTheStore = event.stream.startsWith('$') || event.type === '$streamDeleted';
  const isNote = splitStreamName(event.stream).category === CHECKPOINTS;
  return !isOfTheStore && !isNote && !isOurs(event);
}

/** Longest type of an event, and longest text of its metadata: they travel in a subject and in headers. */
const MOST_TYPE = 128;
const MOST_TEXT = 1_024;
/** Largest data accepted, in bytes; the port of the store lets nothing larger in. */
const MOST_DATA = 256 * 1024;

/** What stands in for metadata that cannot be read. */
const NO_METADATA: StoredEventMetadata = Object.freeze({
  $correlationId: 'unknown',
  $causationId: 'unknown',
  actor: Object.freeze({ type: 'system', id: 'unknown' }),
  service: 'unknown',
  schemaVersion: 0,
  hash: '0'.repeat(64),
});
const NO_DATA = Object.freeze({});

/** Total: what cannot be read is told as damage. Every field by name: to spread an object takes longer than all else. */
export function toStoredEvent(raw: RawEvent): StoredEvent {
  const { id, type, stream, revision, position, recordedAt, data, metadata } = raw;
  const damage = damageOf(type, data, metadata);
  if (damage !== null) {
    const place = { id, type: type.slice(0, MOST_TYPE), stream, revision, position, recordedAt };
    return { ...place, data: NO_DATA, metadata: NO_METADATA, damage };
  }
  return {
    id,
    type,
    stream,
    revision,
    position,
    recordedAt,
    data: data as object,
    metadata: metadata as StoredEventMetadata,
  };
}

function damageOf(type: string, data: unknown, metadata: unknown): string | null {
  if (type.length > MOST_TYPE) return `${DAMAGED_METADATA}the type has ${type.length} characters`;
  const fault = faultOfMetadata(metadata);
  if (fault !== null) return DAMAGED_METADATA + fault;
  if (data instanceof Uint8Array) return 'data: not JSON';
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return 'data: not a JSON object';
  }
  return faultOfSize(data);
}

/** Why it is not our metadata; null if it is. */
function faultOfMetadata(metadata: unknown): string | null {
  if (typeof metadata !== 'object' || metadata === null || metadata instanceof Uint8Array) {
    return 'missing';
  }
  const fields = metadata as Record<string, unknown>;
  const wrong = RULES_BY_NAME.find(([name, isRight]) => !isRight(fields[name]));
  return wrong ? `${wrong[0]} is missing or wrong` : null;
}

const isText = (value: unknown) =>
  typeof value === 'string' && value !== '' && value.length <= MOST_TEXT;
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);
const ACTOR_TYPES: readonly unknown[] = ['user', 'service_account', 'system'];

const RULES: Readonly<Record<keyof StoredEventMetadata, (value: unknown) => boolean>> = {
  $correlationId: isText,
  $causationId: isText,
  actor: (value) => {
    const { type, id } = (value ?? {}) as Record<string, unknown>;
    return ACTOR_TYPES.includes(type) && isText(id);
  },
  service: isText,
  schemaVersion: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  traceparent: isTextOrAbsent,
  commandFingerprint: isTextOrAbsent,
  hash: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
};
const RULES_BY_NAME = Object.entries(RULES);

/** A character takes at most six bytes in JSON: only what may be too large is measured exactly. */
function faultOfSize(data: object): string | null {
  const characters = charactersOf(data, MOST_DEPTH);
  if (characters === null) return `data: nested more than ${MOST_DEPTH} deep`;
  if (6 * characters <= MOST_DATA) return null;
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes > MOST_DATA ? `data: ${bytes} bytes` : null;
}

/** At least the characters of its JSON, without escapes; null if it is nested too deep. */
function charactersOf(value: unknown, depth: number): number | null {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 24;
  if (depth === 0) return null;
  let sum = 2;
  for (const [name, part] of Object.entries(value)) {
    const characters = charactersOf(part, depth - 1);
    if (characters === null) return null;
    sum += name.length + 4 + characters;
  }
  return sum;
}
