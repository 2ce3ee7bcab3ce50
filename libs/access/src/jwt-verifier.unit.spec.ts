import { VirtualClock } from '@uplift/runtime/testing';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { JwtVerifier } from './jwt-verifier';
import { actorIdOf } from './principal';
import { refusedWith } from './testing';

const ISSUER = 'https://id.example.com/';
const POLICY = {
  issuer: ISSUER,
  audience: 'uplift',
  jwksUrl: 'https://id.example.com/keys',
  algorithms: ['RS256', 'ES256'],
};
const refused = refusedWith('credentials-refused');
const unavailable = refusedWith('access-unavailable');

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const OTHERS = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const PUBLIC_PEM = KEYS.publicKey.export({ type: 'spki', format: 'pem' });

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid });

interface Made {
  readonly header?: object;
  readonly claims?: object;
  readonly key?: KeyObject;
  readonly digest?: string;
}

function setUp() {
  const clock = new VirtualClock();
  const source = { reads: 0, isAway: false, keys: [jwk(KEYS.publicKey, 'one')] as object[] };
  const readKeys = () => {
    source.reads += 1;
    if (source.isAway) return Promise.reject(new Error('no answer in time'));
    return Promise.resolve({ keys: source.keys as never[] });
  };
  const now = () => Math.floor(clock.wall() / 1_000);
  const claims = () => ({
    ...{ iss: ISSUER, aud: 'uplift', sub: 'user-7', iat: now(), exp: now() + 600 },
    scope: 'openid instances:read system:operate',
  });
  const unsigned = ({ header = {}, claims: changed = {} }: Made) =>
    `${part({ alg: 'RS256', kid: 'one', ...header })}.${part({ ...claims(), ...changed })}`;
  const tokenOf = (made: Made = {}) => {
    const content = unsigned(made);
    const { key = KEYS.privateKey, digest = 'RSA-SHA256' } = made;
    const signature = createSign(digest).update(content).sign(key);
    return `${content}.${signature.toString('base64url')}`;
  };
  const verifier = new JwtVerifier(POLICY, readKeys, clock);
  return {
    clock,
    source,
    now,
    unsigned,
    tokenOf,
    verify: (token: string) => verifier.verify(token),
  };
}

describe('a JSON Web Token', () => {
  it('names its holder by issuer and subject, and gives those scopes that are ours', async () => {
    const { verify, tokenOf, now } = setUp();
    expect(await verify(tokenOf())).toEqual({
      actor: { type: 'user', id: actorIdOf(ISSUER, 'user-7') },
      scopes: ['instances:read', 'system:operate'],
      labels: {},
      issuer: ISSUER,
      subject: 'user-7',
      expiresAt: (now() + 630) * 1_000,
    });
  });

  it('gives nothing without scopes, and nothing by a list of them', async () => {
    const { verify, tokenOf } = setUp();
    for (const scope of [undefined, ['instances:read'], 'instances', 'INSTANCES:READ']) {
      expect(await verify(tokenOf({ claims: { scope } }))).toMatchObject({ scopes: [] });
    }
  });

  it('limits its holder to the labels of its claim', async () => {
    const { verify, tokenOf } = setUp();
    const labels = { team: 'payments', region: 'eu' };
    expect(await verify(tokenOf({ claims: { uplift_labels: labels } }))).toMatchObject({ labels });
  });

  it.each([
    ['nothing', {}],
    ['null', null],
    ['a text', 'team=payments'],
    ['a list', ['payments']],
    ['a number', { team: 7 }],
    ['a list of texts', { team: ['payments'] }],
    ['too long a text', { team: 'x'.repeat(201) }],
    ['too many', Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, 'x']))],
  ])('is refused with a claim of labels that is no limit: %s', async (_what, claim) => {
    const { verify, tokenOf } = setUp();
    await expect(verify(tokenOf({ claims: { uplift_labels: claim } }))).rejects.toMatchObject(
      refused,
    );
  });

  it.each([
    ['of another issuer', { iss: 'https://evil.example.com/' }],
    ['for another audience', { aud: 'another' }],
    ['without audience', { aud: undefined }],
    ['without end', { exp: undefined }],
    ['without beginning', { iat: undefined }],
    ['without subject', { sub: undefined }],
    ['with an empty subject', { sub: '' }],
    ['with a subject that is too long', { sub: 'x'.repeat(256) }],
    ['with a subject that is no text', { sub: 7 }],
    ['with an end that is no number', { exp: '9999999999' }],
    ['that is not good yet', { nbf: 9_999_999_999 }],
  ])('%s is refused', async (_what, claims) => {
    const { verify, tokenOf } = setUp();
    await expect(verify(tokenOf({ claims }))).rejects.toMatchObject(refused);
  });

  it('is good until 30 seconds after its end', async () => {
    const { verify, tokenOf, now, clock } = setUp();
    const token = tokenOf({ claims: { exp: now() + 10 } });
    clock.jump(39_000);
    await expect(verify(token)).resolves.toBeDefined();
    clock.jump(2_000);
    await expect(verify(token)).rejects.toMatchObject(refused);
  });

  it('that is not signed is refused', async () => {
    const { verify, unsigned } = setUp();
    const none = unsigned({ header: { alg: 'none' } });
    for (const token of [`${none}.`, none, `${unsigned({})}.`]) {
      await expect(verify(token)).rejects.toMatchObject(refused);
    }
  });

  it('that is signed with the public key as a secret is refused', async () => {
    const { verify, unsigned } = setUp();
    const content = unsigned({ header: { alg: 'HS256' } });
    const signature = createHmac('sha256', PUBLIC_PEM).update(content).digest('base64url');
    await expect(verify(`${content}.${signature}`)).rejects.toMatchObject(refused);
  });

  it('that was signed by another, or changed, is refused', async () => {
    const { verify, tokenOf } = setUp();
    const [header, , signature] = tokenOf().split('.');
    const changed = `${header}.${tokenOf({ claims: { sub: 'admin' } }).split('.')[1]}.${signature}`;
    for (const token of [tokenOf({ key: OTHERS.privateKey }), changed]) {
      await expect(verify(token)).rejects.toMatchObject(refused);
    }
  });

  it('cannot bring its own key, nor an algorithm that is not on the list', async () => {
    const { verify, tokenOf } = setUp();
    const own = { jwk: jwk(OTHERS.publicKey, 'one'), jku: 'https://evil.example.com/keys' };
    const foreign = tokenOf({ key: OTHERS.privateKey, header: own });
    await expect(verify(foreign)).rejects.toMatchObject(refused);
    const strong = tokenOf({ header: { alg: 'RS512' }, digest: 'RSA-SHA512' });
    await expect(verify(strong)).rejects.toMatchObject(refused);
    for (const alg of ['PS256', 'rs256', '']) {
      await expect(verify(tokenOf({ header: { alg } }))).rejects.toMatchObject(refused);
    }
  });
});

describe('the keys of the issuer', () => {
  it('are read once for a storm of tokens with keys that nobody knows, and again after 30 s', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    await verify(tokenOf());
    await clock.advance(30_000);
    source.reads = 0;

    const storm = Array.from({ length: 100 }, (_, n) => tokenOf({ header: { kid: `k${n}` } }));
    for (const token of storm.slice(0, 50)) {
      await expect(verify(token)).rejects.toMatchObject(refused);
      await clock.advance(500);
    }
    await Promise.all(storm.map((token) => expect(verify(token)).rejects.toMatchObject(refused)));
    expect(source.reads).toBe(1);
    await clock.advance(5_000);
    await expect(verify(tokenOf({ header: { kid: 'new' } }))).rejects.toMatchObject(refused);
    expect(source.reads).toBe(2);
  });

  it('may change while the service runs', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    await verify(tokenOf());
    await clock.advance(30_000);
    source.keys = [jwk(OTHERS.publicKey, 'two')];

    const token = tokenOf({ header: { kid: 'two' }, key: OTHERS.privateKey });
    await expect(verify(token)).resolves.toBeDefined();
    await expect(verify(tokenOf())).rejects.toMatchObject(refused);
  });

  it('that the issuer has withdrawn open nothing ten minutes later, however quiet it was', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    await verify(tokenOf());
    await clock.advance(600_000);
    source.keys = [jwk(OTHERS.publicKey, 'two')];

    await expect(verify(tokenOf())).rejects.toMatchObject(refused);
  });

  it('are read once for all who ask while they are old', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    await verify(tokenOf());
    await clock.advance(600_000);
    await Promise.all(Array.from({ length: 20 }, () => verify(tokenOf())));
    expect(source.reads).toBe(2);
  });

  it('that cannot be read are no reason to call a token bad, nor to ask for each', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    source.isAway = true;
    for (let n = 0; n < 20; n += 1) {
      await expect(verify(tokenOf())).rejects.toMatchObject(unavailable);
    }
    expect(source.reads).toBe(1);
    source.isAway = false;
    await clock.advance(5_000);
    await expect(verify(tokenOf())).resolves.toBeDefined();
  });

  it('count for an hour while the issuer is away, and new ones for nothing', async () => {
    const { verify, tokenOf, source, clock } = setUp();
    await verify(tokenOf());
    source.isAway = true;
    await clock.advance(3_590_000);
    await expect(verify(tokenOf())).resolves.toBeDefined();
    await clock.advance(31_000);
    await expect(verify(tokenOf())).rejects.toMatchObject(unavailable);
    await expect(verify(tokenOf({ header: { kid: 'new' } }))).rejects.toMatchObject(unavailable);
  });

  it('are no keys at all where the address answers something else', async () => {
    const { verify, tokenOf, source } = setUp();
    source.keys = 'no list' as never;
    await expect(verify(tokenOf())).rejects.toMatchObject(unavailable);
  });
});
