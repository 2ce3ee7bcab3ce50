import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { TargetRefusedError } from './outbound-target';

// IANA's special-purpose registries: nothing of these is a host on the public internet.
const RESERVED_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

const GLOBAL_V6 = ['2000::', 3] as const;
const RESERVED_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const reserved = new BlockList();
for (const [network, prefix] of RESERVED_V4) reserved.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of RESERVED_V6) reserved.addSubnet(network, prefix, 'ipv6');
const globalV6 = new BlockList();
globalV6.addSubnet(...GLOBAL_V6, 'ipv6');

/** False for every private, loopback, link-local, translated, mapped or otherwise special address. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !reserved.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return globalV6.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

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
      throw new TargetRefusedError('its host resolves to an address that is not public');
    }
  }
  return [first, ...rest];
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the look-up failed');
}
