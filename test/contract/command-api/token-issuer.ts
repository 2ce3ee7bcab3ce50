import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ISSUER = 'https://id.example.com/';
const KEYS = generateKeyPairSync('rsa', { modulusLength: 2_048 });

/** An issuer of JSON Web Tokens, whose keys a command API can read. */
export class TokenIssuer {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<TokenIssuer> {
    const keys = [{ ...KEYS.publicKey.export({ format: 'jwk' }), kid: 'k' }];
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new TokenIssuer(server);
  }

  /** With which a command API takes its tokens. */
  get settings() {
    return {
      UPLIFT_JWT_ISSUER: ISSUER,
      UPLIFT_JWT_AUDIENCE: 'uplift',
      UPLIFT_JWT_JWKS_URL: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/keys`,
    };
  }

  stop(): void {
    this.server.close();
  }
}

/** Good for ten minutes. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1_000);
  const times = { iat, exp: iat + 600 };
  const content = `${part({ alg: 'RS256', kid: 'k' })}.${part({ ...times, iss: ISSUER, aud: 'uplift', ...claims })}`;
  const signature = createSign('RSA-SHA256').update(content).sign(KEYS.privateKey);
  return `${content}.${signature.toString('base64url')}`;
}
