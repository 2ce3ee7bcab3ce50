import { createHash, randomBytes } from 'node:crypto';

/** A token that may do everything in one stack, and dies with it. */
export interface RootToken {
  readonly token: string;
  /** For the command API, which keeps no more than this. */
  readonly env: { readonly UPLIFT_ROOT_TOKEN_HASH: string };
}

export function mintRootToken(): RootToken {
  const token = `uplift_${randomBytes(32).toString('base64url')}`;
  const hash = createHash('sha256').update(token, 'utf8').digest('hex');
  return { token, env: { UPLIFT_ROOT_TOKEN_HASH: hash } };
}
