import { homedir } from 'node:os';
import { join } from 'node:path';
import { limit, optionalSecret, optionalText, switchedOff, type Setting } from './setting';

/** Who may use the command API, and how callers prove who they are. */
export const ACCESS_SETTINGS = {
  auth: {
    env: 'UPLIFT_AUTH',
    type: 'enum',
    values: ['required', 'off'],
    default: 'required',
    description:
      'Whether callers have to prove who they are; `off` is for development, and taken only where `UPLIFT_HTTP_HOST` is a loopback address',
  },
  rootTokenHash: optionalSecret(
    'UPLIFT_ROOT_TOKEN_HASH',
    'SHA-256 (hex) of a token with every scope, for the first tokens and for emergencies; `uplift token root` makes both',
  ),
  apiTokensCreatedAfter: optionalText(
    'UPLIFT_API_TOKENS_CREATED_AFTER',
    'API tokens that were created before this time (RFC 3339, such as `2026-03-01T12:00:00Z`) do not count: for a store that was restored from a backup, in which revoked tokens are good again',
  ),
  jwtIssuer: optionalText(
    'UPLIFT_JWT_ISSUER',
    'Issuer (`iss`) of the JSON Web Tokens that are accepted; with it `UPLIFT_JWT_AUDIENCE` and `UPLIFT_JWT_JWKS_URL` are required',
  ),
  jwtAudience: optionalText('UPLIFT_JWT_AUDIENCE', 'Audience (`aud`) that those tokens must name'),
  jwtJwksUrl: {
    env: 'UPLIFT_JWT_JWKS_URL',
    type: 'url',
    schemes: ['https', 'http'],
    optional: true,
    description:
      'Address of the public keys (JWKS) of that issuer: https, or http on a loopback address',
  },
  jwtAlgorithms: {
    env: 'UPLIFT_JWT_ALGORITHMS',
    type: 'list',
    values: [
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'PS384',
      'PS512',
      'ES256',
      'ES384',
      'ES512',
      'EdDSA',
    ],
    default: 'RS256,ES256',
    description: 'Signatures that are accepted on those tokens',
  },
  writesPerMinute: limit(
    'UPLIFT_WRITES_PER_MINUTE',
    60,
    'Commands that the holder of one token may send to one process in a minute, 0 for no limit',
  ),
  readsPerMinute: limit(
    'UPLIFT_READS_PER_MINUTE',
    600,
    'Requests that read which the holder of one token may send to one process in a minute, 0 for no limit',
  ),
  streamsPerToken: limit(
    'UPLIFT_STREAMS_PER_TOKEN',
    5,
    'Most event streams that the holder of one token may have open at one command API, 0 for no limit',
  ),
  healthCallbackKey: optionalSecret(
    'UPLIFT_HEALTH_CALLBACK_KEY',
    'At least 32 characters from which the token of each instance for its health callbacks follows; without it none is taken',
  ),
  healthCallbackKeyBefore: optionalSecret(
    'UPLIFT_HEALTH_CALLBACK_KEY_BEFORE',
    'Key before that one: tokens that follow from it are accepted as well',
  ),
  healthCallbackTokenInUrl: switchedOff(
    'UPLIFT_HEALTH_CALLBACK_URL_TOKEN',
    'Health callbacks may carry their token as `?token=`, as those of Polydock do; it then stands in the logs of proxies',
  ),
  healthCallbackByGet: switchedOff(
    'UPLIFT_HEALTH_CALLBACK_GET',
    'Health callbacks may be a GET, as those of Polydock are, though they change something',
  ),
  httpOrigins: {
    env: 'UPLIFT_HTTP_ORIGINS',
    type: 'list',
    default: '',
    description:
      'Origins of web pages of other addresses that may send what changes something, for example `https://ops.example.com`',
  },
  token: optionalSecret(
    'UPLIFT_TOKEN',
    'For the command line: token that it shows to the command API, instead of the one of `uplift login`',
  ),
  credentialsPath: {
    env: 'UPLIFT_CREDENTIALS_PATH',
    type: 'string',
    computed: {
      value: () => join(homedir(), '.config', 'uplift', 'credentials.json'),
      words: '`.config/uplift/credentials.json` in the home folder',
    },
    description: 'For the command line: file in which `uplift login` keeps tokens',
  },
} as const satisfies Record<string, Setting>;
