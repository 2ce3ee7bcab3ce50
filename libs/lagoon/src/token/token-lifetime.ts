/** When a token was made and when it ends, in seconds since 1970, by its own words. */
export interface TokenLifetime {
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Reads a JWT without verifying it: that is for Lagoon to do. Null for a token that does not tell. */
export function lifetimeOf(token: string): TokenLifetime | null {
  const { iat, exp } = claimsOf(token);
  if (typeof iat !== 'number' || typeof exp !== 'number' || exp <= iat) return null;
  return { issuedAt: iat, expiresAt: exp };
}

function claimsOf(token: string): { readonly iat?: unknown; readonly exp?: unknown } {
  const [, payload = '', signature] = token.split('.');
  if (signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
