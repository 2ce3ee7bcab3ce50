import { newUserKey } from './bus-accounts';
import { BusAccessError, natsAccess, type BusAccess } from './bus-access';

const refusal = (access: BusAccess): string => {
  try {
    natsAccess(access);
  } catch (error) {
    if (error instanceof BusAccessError) return error.message;
    throw error;
  }
  return '';
};

describe('the access to a NATS server', () => {
  it.each([
    ['nats://one:4222,nats://two:4222', ['one:4222', 'two:4222']],
    ['one, two:4333', ['one', 'two:4333']],
    ['nats://[::1]:4222/', ['[::1]:4222']],
    [
      ['nats://a', 'nats://b'],
      ['a', 'b'],
    ],
  ])('connects to %s without a word about itself', (servers, places) => {
    expect(natsAccess({ servers })).toEqual({ servers: places });
  });

  it.each([
    ['nats://uplift:secret@one:4222', { user: 'uplift', pass: 'secret' }],
    ['nats://up%40lift:se%3Acret@one', { user: 'up@lift', pass: 'se:cret' }],
    ['nats://u:p@ss:w%rd@one', { user: 'u', pass: 'p@ss:w%rd' }],
    ['nats://u:1234@one:4222,nats://u:1234@two:4222', { user: 'u', pass: '1234' }],
    ['nats://u:p@one:4222,nats://two:4222', { user: 'u', pass: 'p' }],
    ['nats://s3cr3t@one:4222', { token: 's3cr3t' }],
  ])('takes from %s who connects', (servers, identity) => {
    expect(natsAccess({ servers })).toMatchObject(identity);
    expect(JSON.stringify(natsAccess({ servers }).servers)).not.toContain('@');
  });

  it('takes a comma that is written as %2C for a part of the password', () => {
    const { servers, pass } = natsAccess({ servers: 'nats://u:a%2Cb@one,nats://two' });
    expect([servers, pass]).toEqual([['one', 'two'], 'a,b']);
  });

  it('demands TLS where the address or a file says so', () => {
    expect(natsAccess({ servers: 'tls://one' }).tls).toEqual({});
    expect(natsAccess({ servers: 'nats://one', tlsCa: __filename }).tls).toEqual({
      caFile: __filename,
    });
  });

  it.each([
    ['no address', { servers: ' , ' }, /No address/],
    ['another protocol', { servers: 'http://one' }, /nats:\/\//],
    ['a path', { servers: 'nats://u:hunter2@one/two' }, /nats:\/\//],
    ['a port that is none', { servers: 'nats://u:hunter2@one:x' }, /nats:\/\//],
    ['two users', { servers: 'nats://a:hunter2@one,nats://b:hunter2@two' }, /different users/],
    ['two identities', { servers: 'nats://a:hunter2@one', token: 'hunter2' }, /one of/],
    ['a comma in a password', { servers: 'nats://u:hunter2,b@one' }, /%2C/],
    ['what may be a comma in a password', { servers: 'nats://u:1,2,hunter2@one' }, /%2C/],
    ['a seed that is none', { servers: 'one', nkeySeed: 'hunter2' }, /NKey .* cannot be used/],
    ['credentials that are none', { servers: 'one', creds: 'hunter2' }, /cannot be used/],
    ['a folder as a file', { servers: 'one', tlsCa: __dirname }, /cannot be used/],
    [
      'a certificate that is none',
      { servers: 'one', tlsCert: __filename, tlsKey: __filename },
      /cannot be used/,
    ],
    ['a key without a certificate', { servers: 'one', tlsKey: __filename }, /go together/],
    ['a file that is not there', { servers: 'one', tlsCa: '/no/such/file' }, /no\/such\/file/],
  ])('refuses %s in one line, without a secret', (_case, access, words) => {
    expect(refusal(access)).toMatch(words);
    expect(refusal(access)).not.toMatch(/hunter2|\n/);
  });

  it('proves at each connection who it is with the newest seed that can be used', () => {
    const [old, young] = [newUserKey(), newUserKey()];
    let seed = old.seed;
    const renewed = () => ({ nkeySeed: seed });
    const { authenticator } = natsAccess({ servers: 'one', nkeySeed: old.seed, renewed });
    const prove = authenticator as (nonce: string) => { readonly nkey: string };
    expect(prove('nonce').nkey).toBe(old.publicKey);
    seed = young.seed;
    expect(prove('nonce').nkey).toBe(young.publicKey);
    seed = 'half wri';
    expect(prove('nonce').nkey).toBe(young.publicKey);
  });
});
