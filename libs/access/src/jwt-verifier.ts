import type { ProblemError } from '@uplift/contracts';
import { ProblemError as Problem, refusal } from '@uplift/contracts';
import type { Labels, Scope } from '@uplift/domain';
import { LONGEST_LABEL, MOST_LABELS, SCOPES } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import type { AccessPolicy, JwtPolicy } from './access-policy';
import type { ReadKeys } from './issuer-keys';
import { IssuerKeys, keysAt } from './issuer-keys';
import type { Principal } from './principal';
import { actorIdOf } from './principal';
import { nameInClaims } from './readable-name';

export const TOLERANCE_SECONDS = 30;
const MOST_SUBJECT = 255;
/** The claim that limits a token to instances with labels, as an object of texts. */
export const LABELS_CLAIM = 'uplift_labels';

/** Holds JSON Web Tokens against one issuer: signature, audience, times, scopes. */
export class JwtVerifier {
  private readonly jose = import('jose');
  private readonly keys: Promise<IssuerKeys>;

  constructor(
    private readonly policy: JwtPolicy,
    readKeys: ReadKeys,
    private readonly clock: Clock,
  ) {
    this.keys = this.jose.then(
      ({ createLocalJWKSet }) => new IssuerKeys(readKeys, clock, createLocalJWKSet),
    );
  }

  /** Throws `credentials-refused` and `access-unavailable`. */
  async verify(token: string): Promise<Principal> {
    const { issuer, audience, algorithms } = this.policy;
    const [{ jwtVerify }, keys] = await Promise.all([this.jose, this.keys]);
    try {
      const { payload } = await jwtVerify(token, (header, jws) => keys.find(header, jws), {
        issuer,
        audience,
        algorithms: [...algorithms],
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(this.clock.wall()),
      });
      return principalIn(payload, issuer);
    } catch (error) {
      throw error instanceof Problem ? error : refusedFor(error);
    }
  }
}

/** Null where no JSON Web Token is good. */
export function verifierFor({ jwt }: AccessPolicy, clock: Clock): JwtVerifier | null {
  return jwt === null ? null : new JwtVerifier(jwt, keysAt(jwt.jwksUrl, clock), clock);
}

function principalIn(claims: JWTPayload, issuer: string): Principal {
  const { sub = '', exp = 0, scope } = claims;
  if (sub === '' || sub.length > MOST_SUBJECT) {
    throw refusal(
      'credentials-refused',
      `The token has a subject of 1 to ${MOST_SUBJECT} characters`,
    );
  }
  const name = nameInClaims(claims);
  return {
    actor: { type: 'user', id: actorIdOf(issuer, sub) },
    scopes: scopesIn(scope),
    labels: labelsIn(claims[LABELS_CLAIM]),
    issuer,
    subject: sub,
    ...(name === undefined ? {} : { name }),
    expiresAt: (exp + TOLERANCE_SECONDS) * 1_000,
  };
}

/** Those of ours in a text of scopes with spaces between; those of other services are passed over. */
function scopesIn(claim: unknown): readonly Scope[] {
  if (typeof claim !== 'string') return [];
  const named = claim.split(' ');
  return SCOPES.filter((scope) => named.includes(scope));
}

/** A claim that cannot be read is no token without a limit. */
function labelsIn(claim: unknown): Labels {
  if (claim === undefined) return {};
  if (isLabels(claim)) return claim;
  throw refusal(
    'credentials-refused',
    `The token is not accepted: its claim ${LABELS_CLAIM} must be an object with one text or more, for example {"team":"payments"}`,
  );
}

function isLabels(claim: unknown): claim is Labels {
  if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return false;
  const texts: readonly unknown[] = Object.values(claim);
  const isCount = texts.length > 0 && texts.length <= MOST_LABELS;
  return isCount && texts.every((text) => typeof text === 'string' && text.length <= LONGEST_LABEL);
}

/** Says what a caller can mend, and nothing of the keys. */
function refusedFor(error: unknown): ProblemError {
  const { code, claim } = error as { readonly code?: string; readonly claim?: string };
  if (code === 'ERR_JWT_EXPIRED') {
    return refusal('credentials-refused', 'The token has expired: get a new one', { cause: error });
  }
  const words =
    code === 'ERR_JWT_CLAIM_VALIDATION_FAILED'
      ? `its claim ${claim} is missing or not the one that is expected here`
      : 'it is no token that this service knows, or its signature does not hold';
  return refusal('credentials-refused', `The token is not accepted: ${words}`, { cause: error });
}
