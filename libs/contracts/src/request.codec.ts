import { CONTENT_TYPES, ERROR_HEADERS, REQUEST_HEADERS, RETRY_AFTER_SECONDS } from './headers';
import type { ProblemDetails } from './problems';

/** How the caller spoke; the reply is given the same form. */
export type RequestFormat =
  | { readonly kind: 'json' }
  /** Nest's own envelope `{pattern, data, id}`. */
  | { readonly kind: 'nest'; readonly id: unknown }
  /** CloudEvents 1.0, structured mode. */
  | { readonly kind: 'cloud-event'; readonly id: string; readonly type: string };

export interface DecodedRequest {
  readonly body: unknown;
  readonly format: RequestFormat;
}

export interface EncodedReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** The caller sent something that is no request in any of the three formats. */
export class MalformedRequestError extends Error {
  readonly code = 'malformed-request';
}

/** Who answers, and when: a CloudEvent says both. */
export interface ReplySource {
  readonly service: string;
  /** RFC 3339. */
  readonly time: string;
}

const LONGEST_TITLE = 200;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** Nest clients take these keys of a reply for their own envelope and lose the rest. */
const KEYS_NEST_CLIENTS_SWALLOW = ['response', 'err', 'isDisposed'];

export function decodeRequest(
  headers: Readonly<Record<string, string>>,
  payload: Uint8Array,
): DecodedRequest {
  const body = parse(payload);
  if (isCloudEvent(headers)) return fromCloudEvent(body);
  if (isObject(body) && 'pattern' in body) {
    return { body: body.data, format: { kind: 'nest', id: body.id } };
  }
  return { body, format: { kind: 'json' } };
}

export function encodeReply(
  format: RequestFormat,
  body: unknown,
  source: ReplySource,
): EncodedReply {
  if (format.kind === 'nest') {
    return json(CONTENT_TYPES.json, { id: format.id, response: body, isDisposed: true });
  }
  if (format.kind === 'cloud-event') {
    return json(CONTENT_TYPES.cloudEvent, cloudEventReply(format, body, source));
  }
  if (isObject(body)) refuseSwallowedKeys(body);
  return json(CONTENT_TYPES.json, body ?? null);
}

function retryAfter({ retryable, retryAfterSeconds }: ProblemDetails): Record<string, string> {
  if (retryable !== true) return {};
  return { [ERROR_HEADERS.retryAfter]: String(retryAfterSeconds ?? RETRY_AFTER_SECONDS) };
}

export function encodeProblem(format: RequestFormat, problem: ProblemDetails): EncodedReply {
  const reply =
    format.kind === 'nest'
      ? json(CONTENT_TYPES.json, { id: format.id, err: problem, isDisposed: true })
      : json(CONTENT_TYPES.problem, problem);
  return {
    ...reply,
    headers: {
      ...reply.headers,
      [ERROR_HEADERS.code]: String(problem.status),
      [ERROR_HEADERS.title]: asciiTitle(problem.title),
      ...retryAfter(problem),
    },
  };
}

function fromCloudEvent(body: unknown): DecodedRequest {
  if (!isObject(body)) throw new MalformedRequestError('A structured CloudEvent is a JSON object');
  const { id, type, source, specversion, data } = body;
  if (specversion !== '1.0') throw new MalformedRequestError('Only CloudEvents 1.0 are understood');
  const required = { id, type, source };
  for (const [name, value] of Object.entries(required)) {
    if (typeof value === 'string' && value !== '') continue;
    throw new MalformedRequestError(`The CloudEvent has no "${name}"`);
  }
  return { body: data, format: { kind: 'cloud-event', id: String(id), type: String(type) } };
}

function cloudEventReply(
  { id, type }: { readonly id: string; readonly type: string },
  data: unknown,
  { service, time }: ReplySource,
) {
  return {
    specversion: '1.0',
    id: `${id}.reply`,
    type: `${type}.reply`,
    source: `/${service}`,
    time,
    datacontenttype: CONTENT_TYPES.json,
    causationid: id,
    data,
  };
}

function isCloudEvent(headers: Readonly<Record<string, string>>): boolean {
  const wanted = REQUEST_HEADERS.contentType.toLowerCase();
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted);
  return found?.[1].toLowerCase().startsWith(CONTENT_TYPES.cloudEvent) ?? false;
}

function parse(payload: Uint8Array): unknown {
  if (payload.byteLength === 0) throw new MalformedRequestError('The request has no body');
  try {
    return JSON.parse(UTF8.decode(payload));
  } catch (cause) {
    throw new MalformedRequestError('The request body is not JSON', { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseSwallowedKeys(body: Record<string, unknown>): void {
  const clash = KEYS_NEST_CLIENTS_SWALLOW.find((key) => key in body);
  if (clash) throw new Error(`A reply must not have the key "${clash}": Nest clients swallow it`);
}

function json(contentType: string, value: unknown): EncodedReply {
  return {
    headers: { [REQUEST_HEADERS.contentType]: contentType },
    payload: Buffer.from(JSON.stringify(value)),
  };
}

function asciiTitle(title: string): string {
  return title.replace(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_TITLE);
}
