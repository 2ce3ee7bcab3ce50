import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Randomness } from '@uplift/runtime';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';
/** Shorter ones are words that can be guessed. */
const SHORTEST_KEY = 32;

/** UPLIFT_WEBHOOKS_KEY is not usable, or opens a secret no more. */
export class SecretKeyError extends Error {
  readonly code = 'webhooks-key';
}

/** Secrets of webhooks, which nobody can read in the database: each is sealed for its own webhook. */
export class Secrets {
  private readonly keys: readonly Buffer[];

  /** @param keys the first seals, all of them open: so a key can take the place of another */
  constructor(
    keys: readonly string[],
    private readonly randomness: Randomness,
  ) {
    if (keys.length === 0 || keys.some(({ length }) => length < SHORTEST_KEY)) {
      throw new SecretKeyError(
        `UPLIFT_WEBHOOKS_KEY must hold at least ${SHORTEST_KEY} characters that nobody can guess, such as openssl rand -base64 32 prints`,
      );
    }
    this.keys = keys.map((key) =>
      Buffer.from(hkdfSync('sha256', key, '', 'uplift webhooks', KEY_BYTES)),
    );
  }

  /** As Standard Webhooks write it. */
  make(): string {
    return PREFIX + this.randomness.bytes(SECRET_BYTES).toString('base64');
  }

  seal(secret: string, webhookId: string): string {
    const [key] = this.keys;
    if (key === undefined) throw new SecretKeyError('There is no key');
    const iv = this.randomness.bytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(webhookId));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return `${VERSION}.${Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')}`;
  }

  /** Throws SecretKeyError. */
  open(sealed: string, webhookId: string): string {
    for (const key of this.keys) {
      const secret = opened(sealed, webhookId, key);
      if (secret !== null) return secret;
    }
    throw new SecretKeyError(
      `The secret of webhook ${webhookId} opens with none of the keys in UPLIFT_WEBHOOKS_KEY: name the key before as well, or rotate the secret`,
    );
  }
}

function opened(sealed: string, webhookId: string, key: Buffer): string | null {
  const [version, text = ''] = sealed.split('.');
  const bytes = Buffer.from(text, 'base64url');
  if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(webhookId))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  const body = bytes.subarray(IV_BYTES, -TAG_BYTES);
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
