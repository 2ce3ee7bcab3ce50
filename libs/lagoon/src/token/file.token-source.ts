import { open } from 'node:fs/promises';
import { failureText } from '../call-deadline';
import type { LagoonTokenSource } from './token-source';
import { LagoonTokenError, MAX_TOKEN_BYTES, tokenIn } from './token-source';

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
