import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Configuration } from '@uplift/runtime';
import { errorMessage, readConfiguration } from '@uplift/runtime';
import {
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type ConnectionOptions,
} from 'nats';

/** Where the servers are, and as whom a process connects. */
export interface BusAccess {
  /** URLs separated by commas, or a list of them: `[nats|tls]://[user:password@|token@]host[:port]`. */
  readonly servers: string | readonly string[];
  readonly token?: string | undefined;
  /** Content of a `.creds` file: a JWT and the seed of its NKey. */
  readonly creds?: string | undefined;
  /** Seed of an NKey. */
  readonly nkeySeed?: string | undefined;
  /** The newest credentials or seed, asked for at each connection; undefined if there are none that are newer. */
  readonly renewed?: () => Pick<BusAccess, 'creds' | 'nkeySeed'>;
  /** Files of the authority that the servers' certificates are held against, and of an own certificate. */
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** Nothing of what was given is in the message: it may be a secret. */
export class BusAccessError extends Error {
  readonly code = 'bus-access';
}

export const BUS_ACCESS_SETTINGS = [
  'natsUrl',
  'natsToken',
  'natsCreds',
  'natsNkeySeed',
  'natsTlsCa',
  'natsTlsCert',
  'natsTlsKey',
] as const;

export function busAccess(
  configuration: Configuration<(typeof BUS_ACCESS_SETTINGS)[number]>,
): BusAccess {
  const { natsUrl, natsToken, natsCreds, natsNkeySeed } = configuration;
  const { natsTlsCa: tlsCa, natsTlsCert: tlsCert, natsTlsKey: tlsKey } = configuration;
  const servers = natsUrl;
  return {
    ...{ servers, token: natsToken, creds: natsCreds, nkeySeed: natsNkeySeed },
    ...{ tlsCa, tlsCert, tlsKey, renewed: renewedSecrets },
  };
}

/** A file may have been written anew since the process started. */
function renewedSecrets(): Pick<BusAccess, 'creds' | 'nkeySeed'> {
  try {
    const { natsCreds, natsNkeySeed } = readConfiguration(['natsCreds', 'natsNkeySeed']);
    return { creds: natsCreds, nkeySeed: natsNkeySeed };
  } catch {
    return {};
  }
}

type NatsAccess = Pick<ConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator' | 'tls'> & {
  readonly servers: string[];
};

interface Address {
  readonly isTls: boolean;
  /** `host[:port]`, which is all that the client makes of an address. */
  readonly place: string;
  readonly login: string | undefined;
}

/** The same as options of the client. Throws BusAccessError. */
export function natsAccess(access: BusAccess): NatsAccess {
  const addresses = addressesOf(access.servers);
  const tls = tlsOf(access, addresses);
  return {
    servers: addresses.map(({ place }) => place),
    ...identityOf(access, addresses),
    ...(tls === undefined ? {} : { tls }),
  };
}

const FORM =
  /^(?:(?<scheme>nats|tls):\/\/|(?![a-z][a-z0-9+.-]*:\/\/))(?:(?<login>.*)@)?(?<place>[^\s\/@]+)\/?$/is;

function addressesOf(servers: BusAccess['servers']): Address[] {
  const list = typeof servers === 'string' ? servers.split(',') : servers;
  const addresses = list.map((text) => text.trim()).filter((text) => text !== '');
  if (addresses.length === 0) throw new BusAccessError('No address of a NATS server is given');
  return addresses.map((text) => {
    const { scheme, login, place } = FORM.exec(text)?.groups ?? {};
    if (place === undefined || !isPlace(place)) {
      throw new BusAccessError(
        'The address of a NATS server is nats://[user:password@]host[:port] or tls://…, several separated by commas; a comma in a password is written %2C',
      );
    }
    return { isTls: scheme?.toLowerCase() === 'tls', place, login };
  });
}

function isPlace(place: string): boolean {
  return URL.canParse(`http://${place}`) && new URL(`http://${place}`).hostname !== '';
}

/** A comma in a password would make an address of what is behind it. */
function loginsOf(addresses: readonly Address[]): readonly string[] {
  const logins = [...new Set(addresses.flatMap(({ login }) => login ?? []))];
  if (logins.length === 0 || addresses[0]?.login !== undefined) return logins;
  throw new BusAccessError(
    'Where an address of a NATS server names a user, the first one does; a comma in a password is written %2C',
  );
}

/** Each of them is enough; of several the server would take one, and nobody could say which. */
function identityOf(access: BusAccess, addresses: readonly Address[]) {
  const { token, creds, nkeySeed, renewed } = access;
  const logins = loginsOf(addresses);
  const given = [token, creds, nkeySeed].filter((each) => each !== undefined);
  if (logins.length > 1) {
    throw new BusAccessError('The addresses of the NATS servers name different users');
  }
  if (logins.length + given.length > 1) {
    throw new BusAccessError(
      'A NATS server wants one of: user and password or token in the address, a token, credentials, an NKey',
    );
  }
  if (creds !== undefined) {
    return { authenticator: authenticatorOf(creds, () => renewed?.().creds, byCredentials) };
  }
  if (nkeySeed !== undefined) {
    return { authenticator: authenticatorOf(nkeySeed, () => renewed?.().nkeySeed, bySeed) };
  }
  if (token !== undefined) return { token };
  return logins[0] === undefined ? {} : loginOf(logins[0]);
}

// The client does not find the seed where the last line has no end.
const byCredentials = (creds: string) => credsAuthenticator(Buffer.from(`${creds}\n`));
const bySeed = (seed: string) => nkeyAuthenticator(Buffer.from(seed));

/** One that cannot be used is refused at once; a later one that cannot be is passed over, since it may be half written. */
function authenticatorOf(
  given: string,
  newest: () => string | undefined,
  by: (secret: string) => Authenticator,
): Authenticator {
  let last = given;
  if (!isUsable(by(given))) {
    throw new BusAccessError('The credentials or the NKey for the NATS server cannot be used');
  }
  return (nonce) => {
    const secret = newest() ?? last;
    if (secret !== last && isUsable(by(secret))) last = secret;
    return by(last)(nonce);
  };
}

function isUsable(authenticator: Authenticator): boolean {
  try {
    authenticator('nonce');
    return true;
  } catch {
    return false;
  }
}

/** As every NATS client reads it: without a password it is a token. */
function loginOf(login: string) {
  const colon = login.indexOf(':');
  if (colon < 0) return { token: decoded(login) };
  return { user: decoded(login.slice(0, colon)), pass: decoded(login.slice(colon + 1)) };
}

/** A `%` that begins no code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** The client goes over to TLS whenever the server offers it; what is asked for here is demanded. */
function tlsOf({ tlsCa, tlsCert, tlsKey }: BusAccess, addresses: readonly Address[]) {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new BusAccessError('Certificate and key for the NATS server go together');
  }
  const files = {
    ...(tlsCa === undefined ? {} : { caFile: fileOf(tlsCa) }),
    ...(tlsCert === undefined ? {} : { certFile: fileOf(tlsCert) }),
    ...(tlsKey === undefined ? {} : { keyFile: fileOf(tlsKey) }),
  };
  assertUsable(files);
  const isWanted = addresses.some(({ isTls }) => isTls) || Object.keys(files).length > 0;
  return isWanted ? files : undefined;
}

/** The client would dial for ever with files that it cannot use. */
function assertUsable({ caFile, certFile, keyFile }: TlsFiles): void {
  try {
    createSecureContext({
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
      ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
      ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
    });
  } catch (error) {
    throw new BusAccessError(
      `The TLS files for the NATS server cannot be used: ${errorMessage(error)}`,
    );
  }
}

function fileOf(path: string): string {
  const file = resolve(path);
  if (existsSync(file)) return file;
  throw new BusAccessError(`The file ${file} for the NATS server does not exist`);
}
