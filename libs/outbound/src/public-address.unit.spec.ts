import type { LookupAddress } from 'node:dns';
import type { AddressResolver } from './public-address';
import { checkedLookup, isPublicAddress } from './public-address';
import { TargetRefusedError } from './outbound-target';

describe('an address is public only if it belongs to a host on the internet', () => {
  it.each(['8.8.8.8', '93.184.216.34', '223.255.255.1', '2606:4700::1111', '2a00:1450:4001::5'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.8.9.10'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.1.1'],
    ['carrier NAT', '100.64.0.1'],
    ['cloud metadata', '169.254.169.254'],
    ['benchmarking', '198.19.0.1'],
    ['documentation', '203.0.113.7'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback v6', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped, in hex', '::ffff:7f00:1'],
    ['mapped public', '::ffff:8.8.8.8'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::1'],
    ['unique local', 'fd00::1'],
    ['link local', 'fe80::1'],
    ['site local', 'fec0::1'],
    ['multicast v6', 'ff02::1'],
    ['Teredo', '2001::1'],
    ['6to4', '2002:7f00:1::1'],
    ['documentation v6', '2001:db8::1'],
    ['with a zone', 'fe80::1%eth0'],
    ['with a zone, otherwise public', '2606:4700::1111%eth0'],
    ['NAT64 of a private address', '64:ff9b::a00:1'],
    ['6to4 of a private address', '2002:0a00:0001::1'],
    ['compatible with IPv4', '::127.0.0.1'],
    ['reserved for the future', '250.1.2.3'],
    ['in brackets', '[2606:4700::1111]'],
    ['nothing', ''],
    ['no address', 'localhost'],
  ])('%s is not: %s', (_what, address) => expect(isPublicAddress(address)).toBe(false));
});

const address = (text: string): LookupAddress => ({
  address: text,
  family: text.includes(':') ? 6 : 4,
});
const PUBLIC = [address('93.184.216.34'), address('2606:4700::1111')];

/** What a connection to the name would get, from a resolver whose answers change. */
function lookUp(resolve: AddressResolver, options: { all?: boolean } = {}) {
  return new Promise<unknown>((settle) => {
    checkedLookup(resolve)('app.example.com', options, (error, found) => settle(error ?? found));
  });
}
const inTurn = (...answers: LookupAddress[][]) => {
  const asked: string[] = [];
  const resolve: AddressResolver = (host) => {
    asked.push(host);
    return Promise.resolve(answers[asked.length - 1] ?? []);
  };
  return { resolve, asked };
};

describe('the look-up of a probe hands out public addresses only', () => {
  it('in the order of the resolver', async () => {
    expect(await lookUp(inTurn(PUBLIC).resolve, { all: true })).toEqual(PUBLIC);
    expect(await lookUp(inTurn(PUBLIC).resolve)).toBe('93.184.216.34');
  });

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::1',
  ])('and nothing at all if one of them is %s', async (text) => {
    const refused = expect.any(TargetRefusedError) as unknown;
    expect(await lookUp(inTurn([...PUBLIC, address(text)]).resolve, { all: true })).toEqual(
      refused,
    );
    expect(await lookUp(inTurn([address(text)]).resolve)).toEqual(refused);
  });

  it('the ones it checked: a name is not resolved again for the connection', async () => {
    const { resolve, asked } = inTurn(PUBLIC, [address('127.0.0.1')]);
    expect(await lookUp(resolve, { all: true })).toEqual(PUBLIC);
    expect(asked).toEqual(['app.example.com']);
    expect(await lookUp(resolve, { all: true })).toBeInstanceOf(TargetRefusedError);
  });

  it('and fails for a name without addresses, or a resolver that fails', async () => {
    expect(await lookUp(inTurn([]).resolve)).toBeInstanceOf(Error);
    expect(await lookUp(() => Promise.reject(new Error('ENOTFOUND')))).toBeInstanceOf(Error);
  });
});
