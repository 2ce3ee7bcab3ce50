import { refusal } from '@uplift/contracts';
import type { ApiTokenState } from '@uplift/domain';
import { isInForce, rightsOf, SCOPES } from '@uplift/domain';
import type { CancelTimer, Clock } from '@uplift/runtime';
import { timingSafeEqual } from 'node:crypto';
import type { AccessPolicy } from './access-policy';
import type { ApiTokens } from './api-tokens';
import { actorOfToken, TOKEN_ISSUER, TOKEN_PREFIX, tokenHash } from './api-tokens';
import type { JwtVerifier } from './jwt-verifier';
import type { Principal } from './principal';
import { actorIdOf, ANYBODY, BUS_USER, ROOT_ISSUER } from './principal';

const MISSING =
  'Send a token as `Authorization: Bearer <token>`: an API token (`uplift token create`), or one of the identity provider';
const LOOK_MS = 10_000;
const UNKNOWN = 'The token is not accepted: nobody created it here';

type Transport = keyof typeof ANYBODY;

/** Finds out who sends a request, by the token that it carries. */
export class Authenticator {
  constructor(
    readonly policy: AccessPolicy,
    private readonly tokens: ApiTokens,
    private readonly jwt: JwtVerifier | null,
    private readonly clock: Clock,
  ) {}

  /** Throws `credentials-missing`, `credentials-refused` and `access-unavailable`. */
  async identify(transport: Transport, token: string | undefined): Promise<Principal> {
    if (this.policy.isOff) return ANYBODY[transport];
    if (token !== undefined) return this.holderOf(token);
    if (transport === 'nats') return BUS_USER;
    throw refusal('credentials-missing', MISSING);
  }

  /** For answers that take as long as the caller likes: calls `onEnd` within a minute after the right has ended. */
  follow(principal: Principal, onEnd: () => void): CancelTimer {
    if (principal.expiresAt === null && principal.tokenId === undefined) return () => undefined;
    let cancelTimer: CancelTimer = () => undefined;
    let isFollowed = true;
    const look = async () => {
      const isGood = await this.isStillGood(principal);
      if (!isFollowed) return;
      if (isGood) lookLater();
      else onEnd();
    };
    const lookLater = () => (cancelTimer = this.clock.after(LOOK_MS, () => void look()));
    lookLater();
    return () => {
      isFollowed = false;
      cancelTimer();
    };
  }

  private async isStillGood({ expiresAt, tokenId }: Principal): Promise<boolean> {
    if (expiresAt !== null && expiresAt <= this.clock.wall()) return false;
    if (tokenId === undefined) return true;
    try {
      const token = await this.tokens.get(tokenId);
      return token !== undefined && !token.isRevoked;
    } catch {
      return false;
    }
  }

  private async holderOf(token: string): Promise<Principal> {
    if (token.startsWith(TOKEN_PREFIX)) return this.holderOfApiToken(tokenHash(token));
    if (this.jwt === null) throw refusal('credentials-refused', UNKNOWN);
    return this.jwt.verify(token);
  }

  private async holderOfApiToken(hash: Buffer): Promise<Principal> {
    const { rootTokenHash } = this.policy;
    if (rootTokenHash !== null && timingSafeEqual(hash, rootTokenHash)) return rootOf(hash);
    const token = await this.tokens.find(hash);
    if (token === undefined) throw refusal('credentials-refused', UNKNOWN);
    if (!isInForce(token, new Date(this.clock.wall()).toISOString())) throw refusedFor(token);
    return ownerOf(token);
  }
}

function refusedFor({ isRevoked }: ApiTokenState) {
  const words = isRevoked
    ? 'It was revoked, or is from before the time from which tokens count here'
    : 'It has expired';
  return refusal('credentials-refused', `The token is not accepted. ${words}: create a new one`);
}

function rootOf(hash: Buffer): Principal {
  const subject = hash.toString('hex');
  return {
    actor: { type: 'service_account', id: actorIdOf(ROOT_ISSUER, subject) },
    scopes: SCOPES,
    labels: {},
    issuer: ROOT_ISSUER,
    subject,
    expiresAt: null,
  };
}

function ownerOf(token: ApiTokenState): Principal {
  const { tokenId, expiresAt } = token;
  return {
    actor: { type: 'service_account', id: actorOfToken(tokenId) },
    ...rightsOf(token),
    issuer: TOKEN_ISSUER,
    subject: tokenId,
    expiresAt: Date.parse(expiresAt),
    tokenId,
  };
}
