/** Header names on the bus. Case is significant on the wire: write as below, read ignoring case. */
export const REQUEST_HEADERS = {
  contentType: 'Content-Type',
  idempotencyKey: 'Idempotency-Key',
  /** Accepted as a synonym of the idempotency key. */
  messageId: 'Nats-Msg-Id',
  /** The revision at which the command is wanted alone, in double quotes as HTTP has it. */
  ifMatch: 'If-Match',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Token of whoever sends a command: an API token or a JSON Web Token. Without one the command is the bus user's. */
  actorToken: 'Uplift-Actor-Token',
} as const;

/** On a failed reply: the HTTP status as digits, the problem's title, and seconds to wait before a repeat. */
export const ERROR_HEADERS = {
  code: 'Nats-Service-Error-Code',
  title: 'Nats-Service-Error',
  /** As over HTTP, of a problem that may be over by then. */
  retryAfter: 'Retry-After',
} as const;

export const RETRY_AFTER_SECONDS = '1';

/** CloudEvents 1.0 attributes in NATS binary mode. */
export const CLOUD_EVENT_HEADERS = {
  specVersion: 'ce-specversion',
  id: 'ce-id',
  source: 'ce-source',
  type: 'ce-type',
  subject: 'ce-subject',
  time: 'ce-time',
  contentType: 'ce-datacontenttype',
  schema: 'ce-dataschema',
  correlationId: 'ce-correlationid',
  causationId: 'ce-causationid',
  sequence: 'ce-sequence',
  authType: 'ce-authtype',
  authId: 'ce-authid',
} as const;

/** What the store knows of an event beside its CloudEvents attributes, and the relay's proof of order. */
export const EVENT_HEADERS = {
  stream: 'Uplift-Stream',
  streamRevision: 'Uplift-Stream-Revision',
  eventType: 'Uplift-Event-Type',
  schemaVersion: 'Uplift-Schema-Version',
  position: 'Uplift-Position',
  ordinal: 'Uplift-Ordinal',
  epoch: 'Uplift-Epoch',
  /** Sequences before this message that are not the relay's: `<first>-<last>`. */
  gap: 'Uplift-Gap',
  hash: 'Uplift-Hash',
  damage: 'Uplift-Damage',
  service: 'Uplift-Service',
  commandFingerprint: 'Uplift-Command-Fingerprint',
  traceparent: 'traceparent',
} as const;

export const CONTENT_TYPES = {
  json: 'application/json',
  problem: 'application/problem+json',
  cloudEvent: 'application/cloudevents+json',
} as const;

const SAFE = /^[\x21\x23-\x24\x26-\x7e]*$/;
const UNSAFE = /[^\x21-\x7e]|[%"]/gu;

/** Header values are printable ASCII: everything else, and `%` itself, is percent-encoded as UTF-8. */
export function encodeHeaderValue(value: string): string {
  return SAFE.test(value) ? value : value.replace(UNSAFE, percentEncoded);
}

/** Throws URIError on a broken escape. */
export function decodeHeaderValue(value: string): string {
  return value.includes('%') ? decodeURIComponent(value) : value;
}

function percentEncoded(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    '',
  );
}
