import { isError } from './error-message';

const SECRET_KEY =
  /pass(word|wd|phrase)?$|secret|token|authori[sz]ation|cookie|credential|api[-_]?key|private[-_]?key/i;
/** Up to the last @ before a path: a password may have one in it. */
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/]*@/gi;
/** Of a store, a bus and a database. */
const SERVER_SCHEME =
  /(?:esdb|kurrentdb|kurrent|kdb|nats|tls|postgres|postgresql)(?:\+discover)?:\/\//i;
/** What lets somebody in wherever it stands: tokens of Uplift, JSON Web Tokens, what follows on Bearer. */
const TOKEN =
  /(?<![\w-])(?:(uplift_(?:callback_)?)[\w-]{43}(?![\w-])|(eyJ)[\w-]{8,4000}\.eyJ[\w.-]{8,8000}|(bearer\s{1,3})[\w.~+/=-]{16,8000})/gi;
/** Behind the question mark of an address. */
const QUERY_SECRET =
  /([?&][\w-]{0,40}(?:pass|pwd|secret|token|api[-_]?key|access[-_]?key)[\w-]{0,40}=)[^\s&#"']+/gi;
const MAX_DEPTH = 8;

const REDACTED = '[redacted]';

/** A copy without the values of secret keys and without credentials in URLs, at any depth. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  return depth >= MAX_DEPTH ? '[too deep]' : redactObject(value, depth);
}

function redactObject(value: object, depth: number): unknown {
  if (isError(value)) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return isPlain(value) ? redactFields(value, depth) : redactOther(value, depth);
}

export function redactText(text: string): string {
  return text
    .replace(/\S+/g, withoutServerCredentials)
    .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
    .replace(TOKEN, `$1$2$3${REDACTED}`)
    .replace(QUERY_SECRET, `$1${REDACTED}`);
}

/** Up to the last @: there a password may hold a slash and a question mark as well. */
function withoutServerCredentials(word: string): string {
  const end = word.lastIndexOf('@');
  const scheme = end < 0 ? null : SERVER_SCHEME.exec(word.slice(0, end));
  if (scheme === null) return word;
  return `${word.slice(0, scheme.index + scheme[0].length)}${REDACTED}${word.slice(end)}`;
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_KEY.test(key) && item !== undefined ? REDACTED : redact(item, depth + 1),
    ]),
  );
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    ...redactFields(error, depth),
    type: error.constructor.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}

function redactOther(value: object, depth: number): unknown {
  if (value instanceof Map) return redactFields(Object.fromEntries(value) as object, depth);
  if (value instanceof Set) return [...value].map((item) => redact(item, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return redact((value.toJSON as () => unknown)(), depth + 1);
  }
  return ArrayBuffer.isView(value) ? `[${value.byteLength} bytes]` : redactFields(value, depth);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
