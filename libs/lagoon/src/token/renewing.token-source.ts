import type { Clock } from '@uplift/runtime';
import { parseJson } from '../parse-json';
import type { LagoonTokenSource } from './token-source';
import { LagoonTokenError } from './token-source';

/** Gets a new token from wherever tokens are made. */
export type TokenIssuer = () => Promise<string>;

interface HeldToken {
  readonly text: string;
  /** Monotonic times; infinite for a token that does not tell. */
  readonly renewAt: number;
  readonly endsAt: number;
}

const RENEW_AT_SHARE = 0.6;
/** Least time between two renewals that did not help. */
const PATIENCE_MS = 5_000;

/** Renews a token at 60 % of its life, and once when Lagoon rejects it; one renewal at a time. */
export class RenewingTokenSource implements LagoonTokenSource {
  private held: HeldToken | null = null;
  private rejectedText: string | null = null;
  private renewal: Promise<HeldToken> | null = null;
  private lastFailure: { readonly at: number; readonly error: Error } | null = null;
  private replacedRejectedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly issue: TokenIssuer,
    private readonly clock: Clock,
  ) {}

  async token(): Promise<string> {
    const { held } = this;
    if (held === null || !this.isUsable(held)) return (await this.renewed()).text;
    if (this.clock.monotonic() >= held.renewAt) this.renewed().catch(() => undefined);
    return held.text;
  }

  /** A token that was rejected although it is just new is not replaced at once: that would not help. */
  rejected(token: string): void {
    if (this.held?.text === token) this.rejectedText = token;
  }

  private isUsable({ text, endsAt }: HeldToken): boolean {
    const time = this.clock.monotonic();
    if (time >= endsAt) return false;
    return text !== this.rejectedText || time - this.replacedRejectedAt < PATIENCE_MS;
  }

  private renewed(): Promise<HeldToken> {
    const { lastFailure } = this;
    if (this.renewal !== null) return this.renewal;
    if (lastFailure !== null && this.clock.monotonic() - lastFailure.at < PATIENCE_MS) {
      return Promise.reject(lastFailure.error);
    }
    this.renewal = this.renew().finally(() => (this.renewal = null));
    return this.renewal;
  }

  private async renew(): Promise<HeldToken> {
    const replacesRejected = this.rejectedText !== null;
    try {
      const held = this.holding(await this.issue());
      this.lastFailure = null;
      this.held = held;
      this.rejectedText = null;
      if (replacesRejected) this.replacedRejectedAt = this.clock.monotonic();
      return held;
    } catch (error) {
      this.lastFailure = { at: this.clock.monotonic(), error: asError(error) };
      throw error;
    }
  }

  // A clock that does not agree with the issuer's is not believed: then the life starts with the receipt.
  private holding(text: string): HeldToken {
    const lifetime = lifetimeOf(text);
    if (lifetime === null) return { text, renewAt: Infinity, endsAt: Infinity };
    const whole = (lifetime.expiresAt - lifetime.issuedAt) * 1000;
    const left = lifetime.expiresAt * 1000 - this.clock.wall();
    const endsAt = this.clock.monotonic() + (left > 0 && left <= whole ? left : whole);
    return { text, endsAt, renewAt: endsAt - whole * (1 - RENEW_AT_SHARE) };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new LagoonTokenError('its issuer failed');
}

/** When a token was made and when it ends, in seconds since 1970, by its own words. */
interface TokenLifetime {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Reads a JWT without verifying it: that is for Lagoon to do. Null for a token that does not tell. */
function lifetimeOf(token: string): TokenLifetime | null {
  const { iat, exp } = claimsOf(token);
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp <= iat) return null;
  return { issuedAt: iat, expiresAt: exp };
}

function claimsOf(token: string): { readonly iat?: unknown; readonly exp?: unknown } {
  const [, payload = '', signature] = token.split('.');
  if (signature === undefined) return {};
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return typeof claims === 'object' && claims !== null ? claims : {};
}
