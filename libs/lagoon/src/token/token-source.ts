import { open } from 'node:fs/promises';
import { failureText } from '@uplift/outbound';
import { parseJson } from '../parse-json';

/** Where the bearer token for one Lagoon core comes from. */
export interface LagoonTokenSource {
  /** A token that is believed to be valid. Rejects if none can be had; the text never holds a token. */
  token(): Promise<string>;

  /** Lagoon did not accept this token. */
  rejected(token: string): void;
}

/** No token can be had. The text never holds a token, nor what a command wrote. */
export class LagoonTokenError extends Error {
  readonly code = 'lagoon-token';

  constructor(detail: string) {
    super(`No token for Lagoon: ${detail}`);
    this.name = 'LagoonTokenError';
  }
}

/** One token for ever: for tokens that do not end. */
export class StaticTokenSource implements LagoonTokenSource {
  constructor(private readonly text: string) {}

  token(): Promise<string> {
    return Promise.resolve(this.text);
  }

  rejected(): void {
    // There is no other.
  }
}

/** A file that something else keeps filled. Read for every request, so that a new token is used at once. */
export class FileTokenSource implements LagoonTokenSource {
  private last: string | null = null;

  constructor(private readonly path: string) {}

  /** A file that is just being written may be empty or gone for a moment: then the last token still serves. */
  async token(): Promise<string> {
    try {
      this.last = tokenIn(await this.read());
    } catch (error) {
      if (this.last === null) throw tokenErrorOf(error);
    }
    return this.last;
  }

  rejected(token: string): void {
    if (this.last === token) this.last = null;
  }

  private async read(): Promise<string> {
    const file = await open(this.path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_TOKEN_BYTES + 1));
      if (bytesRead > MAX_TOKEN_BYTES) throw new LagoonTokenError('the file is too large');
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}

function tokenErrorOf(error: unknown): LagoonTokenError {
  if (error instanceof LagoonTokenError) return error;
  return new LagoonTokenError(`the file cannot be read: ${failureText(error, 'failed')}`);
}

/** Logs why there is no token, once until there is one again or the reason changes. */
export class LoggingTokenSource implements LagoonTokenSource {
  private logged: string | null = null;

  constructor(
    private readonly source: LagoonTokenSource,
    private readonly log: (reason: string) => void,
  ) {}

  async token(): Promise<string> {
    try {
      const token = await this.source.token();
      this.logged = null;
      return token;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  rejected(token: string): void {
    this.source.rejected(token);
  }

  private failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : 'failed';
    if (reason !== this.logged) this.log(reason);
    this.logged = reason;
  }
}

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
  const grant = parseJson(text);
  if (typeof grant !== 'object' || grant === null) {
    throw new LagoonTokenError('what was given is broken JSON');
  }
  if ('access_token' in grant && typeof grant.access_token === 'string') return grant.access_token;
  throw new LagoonTokenError('what was given is JSON without an access token');
}
