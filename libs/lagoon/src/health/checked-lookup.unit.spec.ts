import type { LookupAddress } from 'node:dns';
import type { AddressResolver } from './public-address';
import { checkedLookup } from './public-address';
import { ProbeTargetRefusedError } from './health-probe.port';

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
    const refused = expect.any(ProbeTargetRefusedError) as unknown;
    expect(await lookUp(inTurn([...PUBLIC, address(text)]).resolve, { all: true })).toEqual(
      refused,
    );
    expect(await lookUp(inTurn([address(text)]).resolve)).toEqual(refused);
  });

  it('the ones it checked: a name is not resolved again for the connection', async () => {
    const { resolve, asked } = inTurn(PUBLIC, [address('127.0.0.1')]);
    expect(await lookUp(resolve, { all: true })).toEqual(PUBLIC);
    expect(asked).toEqual(['app.example.com']);
    expect(await lookUp(resolve, { all: true })).toBeInstanceOf(ProbeTargetRefusedError);
  });

  it('and fails for a name without addresses, or a resolver that fails', async () => {
    expect(await lookUp(inTurn([]).resolve)).toBeInstanceOf(Error);
    expect(await lookUp(() => Promise.reject(new Error('ENOTFOUND')))).toBeInstanceOf(Error);
  });
});
