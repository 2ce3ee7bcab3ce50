import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseConnectionString } from '@eventstore/db-client/dist/Client/parseConnectionString';
import type { ConnectionOptions } from '@eventstore/db-client/dist/Client/parseConnectionString';
import type { EventStoreDBClient } from '@eventstore/db-client';

/** What the client's constructor takes. */
type ClientSettings = ConstructorParameters<typeof EventStoreDBClient>;

export interface EsdbSettings {
  readonly client: ClientSettings;
  /** Whose rights count; null: nobody's. */
  readonly user: string | null;
  /** Without TLS nobody is asked who he is, and the client sends no password. */
  readonly hasTls: boolean;
}

/** The string is nowhere in the message: it may hold a password. */
export class ConnectionStringError extends Error {
  readonly code = 'connection-string';
}

const FORM = /^(?<scheme>esdb|kurrentdb|kurrent|kdb)(?<discover>\+discover)?:\/\/(?<rest>.+)$/s;

/**
 * How long a member of a cluster may take to say who leads, in seconds. The client's own 5 would be more than an
 * append may take, when the first one asked is the one that hangs.
 */
const GOSSIP_TIMEOUT_SECONDS = 2;
/** How long the server may take to answer a ping of the connection, in milliseconds. */
const KEEP_ALIVE_TIMEOUT_MS = 3_000;

/**
 * Reads `<scheme>[+discover]://[user:password@]host[:port][,host...][/][?key=value&...]` for the schemes of EventStoreDB
 * and KurrentDB. User and password may be percent-encoded; `@`, `:` and `%` may also stand there as they are.
 * Everything else is read by the client's own parser.
 */
export function parseEsdbConnectionString(text: string): EsdbSettings {
  const { options, credentials } = partsOf(text);
  const { hosts, dnsDiscover, defaultDeadline: _own, throwOnAppendFailure: _always } = options;
  const settings = { ...clientOptions(options), ...places(hosts, dnsDiscover) };
  const client = [settings, channelOf(options), credentials] as unknown as ClientSettings;
  return { client, user: credentials?.username ?? null, hasTls: options.tls !== false };
}

/** The user that it names, or null. It may be for another machine: no file that it names is looked at. Throws ConnectionStringError. */
export function userInConnectionString(text: string): string | null {
  return partsOf(text).credentials?.username ?? null;
}

/** The same places with another user, or with none. Throws ConnectionStringError. */
export function connectionStringOf(
  text: string,
  who?: { readonly user: string; readonly password: string },
): string {
  const { rest } = formOf(text);
  const begin = text.trim().slice(0, -rest.length);
  const query = rest.indexOf('?');
  const at = rest.lastIndexOf('@', query < 0 ? rest.length : query);
  const credentials = who
    ? `${encodeURIComponent(who.user)}:${encodeURIComponent(who.password)}@`
    : '';
  return `${begin}${credentials}${rest.slice(at + 1)}`;
}

function partsOf(text: string) {
  const { discover = '', rest } = formOf(text);
  const query = rest.indexOf('?');
  const authority = query < 0 ? rest : rest.slice(0, query);
  if (query >= 0) refuseUnknownOptions(rest.slice(query + 1));
  const at = authority.lastIndexOf('@');
  const credentials = at < 0 ? undefined : credentialsOf(authority.slice(0, at));
  return { options: parsed(`esdb${discover}://${rest.slice(at + 1)}`), credentials };
}

function formOf(text: string): { readonly discover?: string; readonly rest: string } {
  const { discover, rest } = FORM.exec(text.trim())?.groups ?? {};
  if (rest === undefined) {
    throw new ConnectionStringError(
      'A connection string of the event store begins with esdb://, esdb+discover://, kurrentdb:// or kurrentdb+discover://',
    );
  }
  return discover === undefined ? { rest } : { discover, rest };
}

const OPTIONS = [
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'keepAliveInterval',
  'keepAliveTimeout',
  'maxDiscoverAttempts',
  'nodePreference',
  'throwOnAppendFailure',
  'tls',
  'tlsCAFile',
  'tlsVerifyCert',
  'userCertFile',
  'userKeyFile',
];
const flat = (name: string) => name.trim().toLowerCase().replace(/[_-]/g, '');
const KNOWN_OPTIONS = new Set(OPTIONS.map(flat));

/** The client would print the whole string. It may be the end of a password that stands behind the question mark. */
function refuseUnknownOptions(query: string): void {
  const names = query.split('&').map((option) => flat(option.split('=', 1)[0] ?? ''));
  if (names.every((name) => name === '' || KNOWN_OPTIONS.has(name))) return;
  throw new ConnectionStringError(
    `The connection string of the event store has an option that is none of ${OPTIONS.join(', ')}; a "?" in a password is written %3F`,
  );
}

function credentialsOf(text: string) {
  const colon = text.indexOf(':');
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(decoded);
  if (colon < 1 || !username || !password) {
    throw new ConnectionStringError(
      'Before the @ of the connection string of the event store stands user:password',
    );
  }
  return { username, password };
}

/** A `%` that begins no code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsed(text: string): ConnectionOptions {
  try {
    return parseConnectionString(text);
  } catch (error) {
    const { expected } = error as { readonly expected?: string };
    throw new ConnectionStringError(
      `The connection string of the event store cannot be read: expected ${expected ?? 'another form'}`,
    );
  }
}

function places(hosts: ConnectionOptions['hosts'], isDiscovered: boolean) {
  const [first] = hosts;
  if (isDiscovered) return { discover: first };
  return hosts.length > 1 ? { endpoints: hosts } : { endpoint: first };
}

function clientOptions(options: ConnectionOptions) {
  const defaults = {
    gossipTimeout: GOSSIP_TIMEOUT_SECONDS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  const { nodePreference, discoveryInterval, maxDiscoverAttempts, gossipTimeout } = options;
  const { connectionName, keepAliveInterval, keepAliveTimeout } = options;
  const given = {
    nodePreference,
    discoveryInterval,
    maxDiscoverAttempts,
    gossipTimeout,
    connectionName,
    keepAliveInterval,
    keepAliveTimeout,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(present) };
}

function channelOf({ tls, tlsCAFile, userCertFile, userKeyFile }: ConnectionOptions) {
  if (tls === false) return { insecure: true };
  if ((userCertFile === undefined) !== (userKeyFile === undefined)) {
    throw new ConnectionStringError('userCertFile and userKeyFile of the event store go together');
  }
  return {
    insecure: false,
    ...(tlsCAFile === undefined ? {} : { rootCertificate: fileOf('tlsCAFile', tlsCAFile) }),
    ...(userCertFile === undefined ? {} : { userCertFile: fileOf('userCertFile', userCertFile) }),
    ...(userKeyFile === undefined ? {} : { userKeyFile: fileOf('userKeyFile', userKeyFile) }),
  };
}

function fileOf(option: string, path: string): Buffer {
  const file = resolve(path);
  try {
    return readFileSync(file);
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new ConnectionStringError(`${option} of the event store names ${file}, which ${why}`);
  }
}
