import { readConfiguration } from '@uplift/runtime';
import { createHmac } from 'node:crypto';
import { refusedWith } from '../testing/command-requests';
import { CALLBACK_SETTINGS, callbackPolicyOf, CallbackTokens } from './callback-tokens';
import { actorIdOf } from '@uplift/access';

const KEY = 'k'.repeat(32);
const OTHER_KEY = 'o'.repeat(32);
const ID = 'abcdef12-0000-4000-8000-000000000001';
const OTHER_ID = 'abcdef12-0000-4000-8000-000000000002';
const REFUSED = refusedWith('health-token-refused');
const OFF = refusedWith('health-callbacks-off');

const policyOf = (environment: Record<string, string>) =>
  callbackPolicyOf(readConfiguration(CALLBACK_SETTINGS, environment));
const tokensBy = (environment: Record<string, string> = {}) =>
  new CallbackTokens(policyOf({ UPLIFT_HEALTH_CALLBACK_KEY: KEY, ...environment }));

interface Called {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly uuid?: string;
  readonly query?: Record<string, unknown>;
}

const called = ({ method = 'POST', headers = {}, uuid = ID, query = {} }: Called) => ({
  ...{ method, headers, query, params: { uuid, status: 'running-unhealthy' } },
});
const withToken = (token: string, more: Called = {}) =>
  called({ headers: { authorization: `Bearer ${token}` }, ...more });

describe('the token of an instance', () => {
  const tokens = tokensBy();
  const token = tokens.tokenOf(ID);

  it('follows from the key and the instance, and from nothing else', () => {
    const code = createHmac('sha256', KEY).update(ID).digest('base64url');
    expect(token).toBe(`uplift_callback_${code}`);
    expect(tokensBy().tokenOf(ID)).toBe(token);
    expect(tokens.tokenOf(OTHER_ID)).not.toBe(token);
    expect(tokensBy({ UPLIFT_HEALTH_CALLBACK_KEY: OTHER_KEY }).tokenOf(ID)).not.toBe(token);
  });

  it.each([
    ['as Bearer', withToken(token)],
    ['in a header of its own', called({ headers: { 'uplift-callback-token': token } })],
    ['for the same id in capitals', withToken(token, { uuid: ID.toUpperCase() })],
  ])('says who calls: %s', (_how, request) => {
    expect(tokens.identify(request)).toMatchObject({
      actor: { type: 'service_account', id: actorIdOf('urn:uplift:health-callback', ID) },
      subject: ID,
      scopes: [],
    });
  });

  it.each([
    ['nothing', called({})],
    ['an empty one', withToken('')],
    ['another text', withToken('x')],
    ['that of another instance', withToken(tokens.tokenOf(OTHER_ID))],
    ['one letter more', withToken(`${token}A`)],
    ['one letter less', withToken(token.slice(0, -1))],
    ['its code alone', withToken(token.replace('uplift_callback_', ''))],
    ['another scheme', called({ headers: { authorization: `Basic ${token}` } })],
    [
      'one by another key',
      withToken(tokensBy({ UPLIFT_HEALTH_CALLBACK_KEY: OTHER_KEY }).tokenOf(ID)),
    ],
    ['it in the URL', called({ query: { token } })],
    ['it in the URL twice', called({ query: { token: [token, token] } })],
  ])('is refused: %s', (_what, request) => {
    expect(() => tokens.identify(request)).toThrow(expect.objectContaining(REFUSED) as Error);
  });

  it('is looked for in the URL only where that is set', () => {
    const fromUrl = tokensBy({ UPLIFT_HEALTH_CALLBACK_URL_TOKEN: 'true' });
    expect(fromUrl.identify(called({ query: { token } })).subject).toBe(ID);
    for (const query of [{ token: [token] }, { token: 'x' }, { token: '' }, {}]) {
      expect(() => fromUrl.identify(called({ query }))).toThrow(
        expect.objectContaining(REFUSED) as Error,
      );
    }
    const shown = { authorization: 'Bearer x' };
    expect(() => fromUrl.identify(called({ headers: shown, query: { token } }))).toThrow(
      expect.objectContaining(REFUSED) as Error,
    );
  });

  it('comes with a POST, and with a GET only where that is set', () => {
    const request = withToken(token, { method: 'GET' });
    expect(() => tokens.identify(request)).toThrow(expect.objectContaining(OFF) as Error);
    const byGet = tokensBy({ UPLIFT_HEALTH_CALLBACK_GET: 'true' });
    expect(byGet.identify(request).subject).toBe(ID);
  });

  it('is good under the key before, and new ones follow from the present key', () => {
    const rotated = tokensBy({
      UPLIFT_HEALTH_CALLBACK_KEY: OTHER_KEY,
      UPLIFT_HEALTH_CALLBACK_KEY_BEFORE: KEY,
    });
    expect(rotated.tokenOf(ID)).not.toBe(token);
    for (const good of [token, rotated.tokenOf(ID)]) {
      expect(rotated.identify(withToken(good)).subject).toBe(ID);
    }
  });

  it('does not exist without a key: every report is refused', () => {
    const none = new CallbackTokens(policyOf({}));
    for (const request of [called({}), withToken(token), withToken(token, { method: 'GET' })]) {
      expect(() => none.identify(request)).toThrow(expect.objectContaining(OFF) as Error);
    }
    expect(() => none.tokenOf(ID)).toThrow(expect.objectContaining(OFF) as Error);
  });
});

describe('the key of the tokens', () => {
  it.each([
    ['too short', { UPLIFT_HEALTH_CALLBACK_KEY: 'k'.repeat(31) }, /_KEY must have at least 32/],
    [
      'too short before',
      { UPLIFT_HEALTH_CALLBACK_KEY: KEY, UPLIFT_HEALTH_CALLBACK_KEY_BEFORE: 'k' },
      /_KEY_BEFORE must have at least 32/,
    ],
    ['only before', { UPLIFT_HEALTH_CALLBACK_KEY_BEFORE: KEY }, /only with/],
  ])('keeps the service from starting: %s', (_what, environment, words) => {
    expect(() => policyOf(environment)).toThrow(words);
  });
});
