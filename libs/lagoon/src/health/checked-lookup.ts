import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { ProbeTargetRefusedError } from './health-probe.port';
import { isPublicAddress } from './public-address';

/** All addresses of a host name. */
export type AddressResolver = (host: string) => Promise<readonly LookupAddress[]>;

export const systemResolver: AddressResolver = (host) => lookup(host, { all: true });

/**
 * The look-up a connection itself uses, so that what is checked is what is connected to.
 * One address that is not public refuses the whole name.
 */
export function checkedLookup(resolve: AddressResolver): LookupFunction {
  return (host, options, callback) => {
    publicAddresses(host, resolve).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(asError(error), ''),
    );
  };
}

/** For a development set-up: this machine, whatever the name resolves to. */
export const loopbackLookup: LookupFunction = (_host, options, callback) => {
  const address = '127.0.0.1';
  if (options.all === true) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
};

async function publicAddresses(
  host: string,
  resolve: AddressResolver,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  const [first, ...rest] = await resolve(host);
  if (first === undefined) throw new Error('the name has no address');
  for (const { address } of [first, ...rest]) {
    if (!isPublicAddress(address)) {
      throw new ProbeTargetRefusedError('its host resolves to an address that is not public');
    }
  }
  return [first, ...rest];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the look-up failed');
}
