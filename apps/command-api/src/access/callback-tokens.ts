import { refusal } from '@uplift/contracts';
import type { Configuration } from '@uplift/runtime';
import { ConfigurationError } from '@uplift/runtime';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../http/http-exchange';
import { headerOf } from '../http/http-exchange';
import type { Principal } from '@uplift/access';
import { actorIdOf, bearerOf } from '@uplift/access';

export const CALLBACK_SETTINGS = [
  'healthCallbackKey',
  'healthCallbackKeyBefore',
  'healthCallbackTokenInUrl',
  'healthCallbackByGet',
] as const;

type CallbackConfiguration = Configuration<(typeof CALLBACK_SETTINGS)[number]>;
type Called = Pick<HttpRequest, 'method' | 'headers' | 'params' | 'query'>;

const TOKEN_PREFIX = 'uplift_callback_';
export const TOKEN_HEADER = 'Uplift-Callback-Token';
const LEAST_KEY_LENGTH = 32;
const ISSUER = 'urn:uplift:health-callback';
const SEND_IT = `Send the token of the instance as \`Authorization: Bearer <token>\` or \`${TOKEN_HEADER}: <token>\``;

/** How apps may call, and which keys their tokens follow from: the present one, and one before it. */
export interface CallbackPolicy {
  readonly keys: readonly string[];
  readonly isTokenTakenFromUrl: boolean;
  readonly isGetTaken: boolean;
}

/** Throws ConfigurationError. */
export function callbackPolicyOf(configuration: CallbackConfiguration): CallbackPolicy {
  const { healthCallbackKey: key, healthCallbackKeyBefore: before } = configuration;
  const problems = [
    ...shortKey('UPLIFT_HEALTH_CALLBACK_KEY', key),
    ...shortKey('UPLIFT_HEALTH_CALLBACK_KEY_BEFORE', before),
  ];
  if (before !== undefined && key === undefined) {
    problems.push(
      'UPLIFT_HEALTH_CALLBACK_KEY_BEFORE is of use only with UPLIFT_HEALTH_CALLBACK_KEY',
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    keys: [key, before].filter((each) => each !== undefined),
    isTokenTakenFromUrl: configuration.healthCallbackTokenInUrl,
    isGetTaken: configuration.healthCallbackByGet,
  };
}

function shortKey(name: string, key: string | undefined): readonly string[] {
  if (key === undefined || key.length >= LEAST_KEY_LENGTH) return [];
  return [
    `${name} must have at least ${LEAST_KEY_LENGTH} characters: take \`openssl rand -base64 32\``,
  ];
}

/** The token of an instance follows from a key and its id: none is stored, and a new key makes all of them new. */
export class CallbackTokens {
  constructor(private readonly policy: CallbackPolicy) {}

  /** Throws `health-callbacks-off`. */
  tokenOf(instanceId: string): string {
    return tokenBy(this.presentKey(), instanceId);
  }

  /** The instance that calls. Throws `health-callbacks-off` and `health-token-refused`; reads nothing. */
  identify(request: Called): Principal {
    this.presentKey();
    if (request.method !== 'POST' && !this.policy.isGetTaken) {
      throw off('A report of health has to be a POST here: UPLIFT_HEALTH_CALLBACK_GET is not set');
    }
    const instanceId = (request.params.uuid ?? '').toLowerCase();
    const given = this.tokenIn(request);
    const tokens = this.policy.keys.map((key) => tokenBy(key, instanceId));
    if (!isOneOf(tokens, given)) {
      throw refused('The token is not the one of this instance: `uplift instance callback-token`');
    }
    return callerFor(instanceId);
  }

  private presentKey(): string {
    const [key] = this.policy.keys;
    if (key !== undefined) return key;
    throw off(
      'No report of health is taken from apps here: UPLIFT_HEALTH_CALLBACK_KEY is not set at the command API',
    );
  }

  private tokenIn(request: Called): string {
    const inHeader =
      headerOf(request, TOKEN_HEADER.toLowerCase()) ?? bearerOf(request.headers.authorization);
    if (inHeader !== undefined) return inHeader;
    const { token } = request.query;
    if (token === undefined) throw refused(SEND_IT);
    if (this.policy.isTokenTakenFromUrl && typeof token === 'string') return token;
    throw refused(`${SEND_IT}: in the URL it is not looked at here`);
  }
}

function tokenBy(key: string, instanceId: string): string {
  const code = createHmac('sha256', key).update(instanceId, 'utf8').digest('base64url');
  return `${TOKEN_PREFIX}${code}`;
}

/** Takes the same time whichever it is, and whatever is given. */
function isOneOf(tokens: readonly string[], given: string): boolean {
  const equals = tokens.map((token) => timingSafeEqual(digest(given), digest(token)));
  return equals.includes(true);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

function callerFor(instanceId: string): Principal {
  return {
    actor: { type: 'service_account', id: actorIdOf(ISSUER, instanceId) },
    scopes: [],
    labels: {},
    issuer: ISSUER,
    subject: instanceId,
    expiresAt: null,
  };
}

function off(detail: string) {
  return refusal('health-callbacks-off', detail);
}

function refused(detail: string) {
  return refusal('health-token-refused', detail);
}
