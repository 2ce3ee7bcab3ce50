import type { Configuration } from '@uplift/runtime';
import { ConfigurationError } from '@uplift/runtime';
import { isIP, BlockList } from 'node:net';

/** Which tokens are good. */
export const TOKEN_SETTINGS = [
  'rootTokenHash',
  'apiTokensCreatedAfter',
  'jwtIssuer',
  'jwtAudience',
  'jwtJwksUrl',
  'jwtAlgorithms',
] as const;
export const ACCESS_POLICY_SETTINGS = ['auth', ...TOKEN_SETTINGS] as const;

type TokenConfiguration = Configuration<(typeof TOKEN_SETTINGS)[number]>;
type AccessConfiguration = Configuration<(typeof ACCESS_POLICY_SETTINGS)[number] | 'httpHost'>;

/** Whose JSON Web Tokens are accepted. */
export interface JwtPolicy {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithms: readonly string[];
}

/** Who may come in. */
export class AccessPolicy {
  constructor(
    readonly isOff: boolean,
    /** SHA-256 of the token that may do everything. */
    readonly rootTokenHash: Buffer | null = null,
    readonly jwt: JwtPolicy | null = null,
    /** API tokens that were created before this time do not count; milliseconds since 1970. */
    readonly apiTokensFrom = -Infinity,
  ) {}

  /** What is said at the start: who sets that time has to see that it has arrived. Undefined without one. */
  get notice(): string | undefined {
    if (this.apiTokensFrom === -Infinity) return undefined;
    const time = new Date(this.apiTokensFrom).toISOString();
    return `API tokens that were created before ${time} do not count`;
  }
}

const NOTHING_SET =
  'Nobody could come in: set UPLIFT_ROOT_TOKEN_HASH (`uplift token root` makes one), or UPLIFT_JWT_ISSUER, UPLIFT_JWT_AUDIENCE and UPLIFT_JWT_JWKS_URL; for development on this machine UPLIFT_AUTH=off';
const HASH = /^[0-9a-f]{64}$/i;
/** RFC 3339. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;

/** Throws ConfigurationError: without a rule nobody comes in, and the service does not start. */
export function accessPolicyOf(configuration: AccessConfiguration): AccessPolicy {
  const problems = problemsOf(configuration);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return configuration.auth === 'off' ? new AccessPolicy(true) : policyOn(configuration);
}

/** Of a service that callers reach by the bus alone, which says who may: API tokens are good without any setting. Throws ConfigurationError. */
export function tokenPolicyOf(configuration: TokenConfiguration): AccessPolicy {
  const problems = tokenProblems(configuration);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return policyOn(configuration);
}

function policyOn(configuration: TokenConfiguration): AccessPolicy {
  const { rootTokenHash } = configuration;
  const hash = rootTokenHash === undefined ? null : Buffer.from(rootTokenHash, 'hex');
  return new AccessPolicy(false, hash, jwtPolicyOf(configuration), apiTokensFrom(configuration));
}

/** Not a number where the text is no time. */
function apiTokensFrom({ apiTokensCreatedAfter: text }: TokenConfiguration): number {
  if (text === undefined) return -Infinity;
  return TIME.test(text) ? Date.parse(text) : Number.NaN;
}

function tokenProblems(configuration: TokenConfiguration): readonly string[] {
  const { rootTokenHash } = configuration;
  const problems = [...jwtProblems(configuration)];
  if (rootTokenHash !== undefined && !HASH.test(rootTokenHash)) {
    problems.push(
      'UPLIFT_ROOT_TOKEN_HASH must be 64 hex digits: the SHA-256 of a token, not the token',
    );
  }
  if (Number.isNaN(apiTokensFrom(configuration))) {
    problems.push(
      'UPLIFT_API_TOKENS_CREATED_AFTER must be a time with its zone, such as 2026-03-01T12:00:00Z',
    );
  }
  return problems;
}

function problemsOf(configuration: AccessConfiguration): readonly string[] {
  const { auth, httpHost, rootTokenHash, jwtIssuer } = configuration;
  const problems = [...tokenProblems(configuration)];
  if (auth === 'off' && !isLoopback(httpHost)) {
    problems.push(
      `UPLIFT_AUTH=off lets everybody do everything: it is taken only where UPLIFT_HTTP_HOST is a loopback address, not ${httpHost}`,
    );
  }
  if (auth === 'required' && rootTokenHash === undefined && jwtIssuer === undefined) {
    problems.push(NOTHING_SET);
  }
  return problems;
}

function jwtProblems(configuration: TokenConfiguration): readonly string[] {
  const { jwtIssuer, jwtAudience, jwtJwksUrl, jwtAlgorithms } = configuration;
  const parts = [jwtIssuer, jwtAudience, jwtJwksUrl];
  const given = parts.filter((part) => part !== undefined).length;
  if (given === 0) return [];
  const problems: string[] = [];
  if (given < parts.length) {
    problems.push('UPLIFT_JWT_ISSUER, UPLIFT_JWT_AUDIENCE and UPLIFT_JWT_JWKS_URL belong together');
  }
  if (jwtAlgorithms.length === 0) problems.push('UPLIFT_JWT_ALGORITHMS names no algorithm');
  if (jwtJwksUrl !== undefined && !isSafeUrl(jwtJwksUrl)) {
    problems.push(
      'UPLIFT_JWT_JWKS_URL must be an https address: whoever changes the keys on the way comes in as anybody',
    );
  }
  return problems;
}

function jwtPolicyOf(configuration: TokenConfiguration): JwtPolicy | null {
  const { jwtIssuer, jwtAudience, jwtJwksUrl, jwtAlgorithms } = configuration;
  if (jwtIssuer === undefined || jwtAudience === undefined || jwtJwksUrl === undefined) return null;
  return {
    issuer: jwtIssuer,
    audience: jwtAudience,
    jwksUrl: jwtJwksUrl,
    algorithms: jwtAlgorithms,
  };
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || isLoopback(hostname.replace(/^\[|\]$/g, ''));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host === 'localhost';
  return LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
