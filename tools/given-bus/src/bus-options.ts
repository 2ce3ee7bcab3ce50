import { BusAccessError, natsAccess, type BusAccess } from '@uplift/bus';
import { readFileSync } from 'node:fs';

/** Why a NATS server is not used, in one line without a secret. */
export class GivenBusError extends Error {
  readonly code = 'given-bus';
  constructor(
    message: string,
    /** 2: what was typed; 1: what was found. */
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

/** For `parseArgs`: how somebody else's NATS is reached. Secrets are named by file or variable, or stand in the address. */
export const BUS_ARGUMENTS = {
  'token-file': { type: 'string' },
  creds: { type: 'string' },
  nkey: { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  copies: { type: 'string' },
} as const;

export type BusArguments = { readonly [N in keyof typeof BUS_ARGUMENTS]?: string | undefined };

export interface GivenBus {
  readonly access: BusAccess;
  /** Copies of the stream. */
  readonly copies: number;
}

/**
 * Throws GivenBusError on what cannot be read. `env:NAME` stands for the value of that variable: an
 * address, or all of it in JSON.
 */
export function givenBus(
  address: string,
  values: BusArguments,
  environment = process.env,
): GivenBus {
  const whole = environment[address.slice(4)];
  if (address.startsWith('env:') && whole?.startsWith('{')) return JSON.parse(whole) as GivenBus;
  const access: BusAccess = {
    servers: addressOf(address, environment),
    token: contentOf(values['token-file']),
    creds: contentOf(values.creds),
    nkeySeed: contentOf(values.nkey),
    ...{ tlsCa: values.ca, tlsCert: values.cert, tlsKey: values.key },
  };
  try {
    natsAccess(access);
  } catch (error) {
    throw error instanceof BusAccessError ? new GivenBusError(error.message, 2) : error;
  }
  return { access, copies: copiesOf(values.copies) };
}

/** The same as settings of the services. */
export function busSettings({ access, copies }: GivenBus): Record<string, string> {
  const settings = {
    UPLIFT_NATS_URL: String(access.servers),
    UPLIFT_NATS_TOKEN: access.token,
    UPLIFT_NATS_CREDS: access.creds,
    UPLIFT_NATS_NKEY_SEED: access.nkeySeed,
    UPLIFT_NATS_TLS_CA: access.tlsCa,
    UPLIFT_NATS_TLS_CERT: access.tlsCert,
    UPLIFT_NATS_TLS_KEY: access.tlsKey,
    UPLIFT_BUS_REPLICAS: String(copies),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, string>;
}

/** Hosts and ports: nothing that may be a secret. */
export function shownBus({ access }: GivenBus): string {
  return natsAccess(access).servers.join(',');
}

function addressOf(address: string, environment: NodeJS.ProcessEnv): string {
  if (!address.startsWith('env:')) return address;
  const value = environment[address.slice(4)];
  if (value) return value;
  throw new GivenBusError(`${address.slice(4)} is not set`, 2);
}

function contentOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new GivenBusError(`The file ${file} cannot be read`, 2);
  }
}

function copiesOf(text = '1'): number {
  const copies = Number(text);
  if (Number.isInteger(copies) && copies >= 1 && copies <= 5) return copies;
  throw new GivenBusError(`--copies wants a whole number from 1 to 5, not "${text}"`, 2);
}
