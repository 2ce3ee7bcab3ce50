import { readConfiguration } from '@uplift/runtime';
import {
  ACCESS_POLICY_SETTINGS,
  accessPolicyOf,
  TOKEN_SETTINGS,
  tokenPolicyOf,
} from './access-policy';

const HASH = 'ab'.repeat(32);
const JWT = {
  UPLIFT_JWT_ISSUER: 'https://id.example.com/',
  UPLIFT_JWT_AUDIENCE: 'uplift',
  UPLIFT_JWT_JWKS_URL: 'https://id.example.com/keys',
};

const policyOf = (environment: Readonly<Record<string, string>>) =>
  accessPolicyOf(readConfiguration([...ACCESS_POLICY_SETTINGS, 'httpHost'], environment));

describe('who may come in', () => {
  it('is said by a root token, an issuer, or both', () => {
    expect(policyOf({ UPLIFT_ROOT_TOKEN_HASH: HASH })).toMatchObject({
      isOff: false,
      rootTokenHash: Buffer.from(HASH, 'hex'),
      jwt: null,
    });
    expect(policyOf(JWT)).toMatchObject({
      isOff: false,
      rootTokenHash: null,
      jwt: {
        issuer: 'https://id.example.com/',
        audience: 'uplift',
        algorithms: ['RS256', 'ES256'],
      },
    });
    const keys = { UPLIFT_JWT_JWKS_URL: 'http://[::1]:8080/keys' };
    expect(policyOf({ ...JWT, ...keys, UPLIFT_ROOT_TOKEN_HASH: HASH }).jwt).not.toBeNull();
  });

  it.each([
    ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00.000Z'],
    ['2026-03-01t13:30:00.5+01:30', '2026-03-01T12:00:00.500Z'],
  ])('is nobody with an API token from before %s', (text, time) => {
    const after = { UPLIFT_ROOT_TOKEN_HASH: HASH, UPLIFT_API_TOKENS_CREATED_AFTER: text };
    expect(new Date(policyOf(after).apiTokensFrom).toISOString()).toBe(time);
    expect(policyOf(after).notice).toBe(`API tokens that were created before ${time} do not count`);
  });

  it.each([{}, { UPLIFT_API_TOKENS_CREATED_AFTER: '' }])(
    'is whoever has an API token of any time with %j',
    (after) => {
      const { apiTokensFrom, notice } = policyOf({ UPLIFT_ROOT_TOKEN_HASH: HASH, ...after });
      expect([apiTokensFrom, notice]).toEqual([-Infinity, undefined]);
    },
  );

  it.each(['yesterday', '2026-03-01', '2026-03-01T12:00:00', '1772366400', '2026-13-01T12:00:00Z'])(
    'is not said by a time that is none: %s',
    (text) => {
      const after = { UPLIFT_ROOT_TOKEN_HASH: HASH, UPLIFT_API_TOKENS_CREATED_AFTER: text };
      expect(() => policyOf(after)).toThrow(/UPLIFT_API_TOKENS_CREATED_AFTER must be a time/);
    },
  );

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])(
    'is everybody on %s if told so',
    (host) => {
      expect(policyOf({ UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: host }).isOff).toBe(true);
    },
  );

  it.each([
    ['nothing is set', {}, /Nobody could come in: set UPLIFT_ROOT_TOKEN_HASH/],
    ['all that is set is empty', { UPLIFT_ROOT_TOKEN_HASH: '' }, /Nobody could come in/],
    ['the token stands in place of its hash', { UPLIFT_ROOT_TOKEN_HASH: 'uplift_x' }, /64 hex/],
    ['access is off for others', { UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: '0.0.0.0' }, /loopback/],
    ['access is off for all', { UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: '::' }, /loopback/],
    ['access is off elsewhere', { UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: '10.0.0.7' }, /loopback/],
    ['access is off by name', { UPLIFT_AUTH: 'off', UPLIFT_HTTP_HOST: 'localhost.x' }, /loopback/],
    ['an issuer has no keys', { ...JWT, UPLIFT_JWT_JWKS_URL: '' }, /belong together/],
    ['an audience stands alone', { UPLIFT_JWT_AUDIENCE: 'uplift' }, /belong together/],
    ['keys come in the clear', { ...JWT, UPLIFT_JWT_JWKS_URL: 'http://id.example.com' }, /https/],
    ['the keys are no address', { ...JWT, UPLIFT_JWT_JWKS_URL: 'https://id:x:y' }, /https/],
    ['no algorithm is named', { ...JWT, UPLIFT_JWT_ALGORITHMS: ',' }, /names no algorithm/],
    [
      'a shared secret would do',
      { ...JWT, UPLIFT_JWT_ALGORITHMS: 'HS256' },
      /UPLIFT_JWT_ALGORITHMS/,
    ],
    ['no signature would do', { ...JWT, UPLIFT_JWT_ALGORITHMS: 'none' }, /UPLIFT_JWT_ALGORITHMS/],
    ['access is on or off', { UPLIFT_AUTH: 'false' }, /UPLIFT_AUTH/],
  ])('is nobody, and nothing starts, where %s', (_what, environment, message) => {
    expect(() => policyOf(environment as Record<string, string>)).toThrow(message);
  });
});

describe('whose tokens are good on the bus', () => {
  const tokensOf = (environment: Readonly<Record<string, string>>) =>
    tokenPolicyOf(readConfiguration(TOKEN_SETTINGS, environment));

  it('is said by the same settings, and without any it is API tokens', () => {
    expect(tokensOf({})).toMatchObject({ isOff: false, rootTokenHash: null, jwt: null });
    expect(tokensOf({ ...JWT, UPLIFT_ROOT_TOKEN_HASH: HASH })).toMatchObject({
      rootTokenHash: Buffer.from(HASH, 'hex'),
      jwt: { audience: 'uplift' },
    });
  });

  it.each([
    ['half of an issuer', { UPLIFT_JWT_ISSUER: JWT.UPLIFT_JWT_ISSUER }, /belong together/],
    ['a token in place of its hash', { UPLIFT_ROOT_TOKEN_HASH: 'uplift_x' }, /64 hex/],
  ])('is not guessed at with %s', (_what, environment, words) => {
    expect(() => tokensOf(environment)).toThrow(words);
  });
});
