import { CONTENT_TYPES, ERROR_HEADERS, REQUEST_HEADERS, RETRY_AFTER_SECONDS } from './headers';
import { FAULTS, invalidInput, parseBody } from './invalid-input';
import type { ProblemDetails, ProblemFault } from './answer-types';

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

/** Who answers, and when: a CloudEvent says both. */
export interface ReplySource {
  readonly service: string;
  /** RFC 3339. */
  readonly time: string;
}

const LONGEST_TITLE = 200;
/** Nest clients take these keys of a reply for their own envelope and lose the rest. */
const KEYS_NEST_CLIENTS_SWALLOW = ['response', 'err', 'isDisposed'];

/** The body is undefined where there is none. Throws what the caller is answered if it is no request in any of the three. */
export function decodeRequest(
  headers: Readonly<Record<string, string>>,
  payload: Uint8Array,
): DecodedRequest {
  const body = parseBody(payload);
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
  if (!isObject(body)) throw invalidInput([{ pointer: '', detail: FAULTS.object }]);
  const { id, type, source, specversion, data } = body;
  const faults: ProblemFault[] = Object.entries({ id, type, source })
    .filter(([, value]) => typeof value !== 'string' || value === '')
    .map(([name]) => ({ pointer: `/${name}`, detail: FAULTS.required }));
  const version = { pointer: '/specversion', detail: 'must be "1.0"' };
  if (specversion !== '1.0') faults.push(version);
  if (faults.length > 0) throw invalidInput(faults);
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
