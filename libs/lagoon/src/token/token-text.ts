import { LagoonTokenError } from './token.error';

export const MAX_TOKEN_BYTES = 16 * 1024;

// What may stand in an Authorization header after "Bearer ".
const TOKEN = /^[\w.~+/=-]+$/;

/**
 * The token in what a file holds or a command printed: a bare token, or the JSON of a grant with its `access_token`.
 * @throws LagoonTokenError that tells what is wrong, never what was read
 */
export function tokenIn(output: string): string {
  const text = output.trim();
  if (text === '') throw new LagoonTokenError('nothing was given');
  const token = text.startsWith('{') ? accessTokenIn(text) : text;
  if (!TOKEN.test(token)) throw new LagoonTokenError('what was given is not a token');
  return token;
}

function accessTokenIn(text: string): string {
  const grant = parsed(text);
  if ('access_token' in grant && typeof grant.access_token === 'string') return grant.access_token;
  throw new LagoonTokenError('what was given is JSON without an access token');
}

function parsed(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new LagoonTokenError('what was given is broken JSON');
  }
}
