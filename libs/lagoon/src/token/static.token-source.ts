import type { LagoonTokenSource } from './lagoon-token-source.port';

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
