import type { LagoonTokenSource } from './lagoon-token-source.port';

/** Tells why there is no token, once until there is one again or the reason changes. */
export class TellingTokenSource implements LagoonTokenSource {
  private told: string | null = null;

  constructor(
    private readonly source: LagoonTokenSource,
    private readonly tell: (reason: string) => void,
  ) {}

  async token(): Promise<string> {
    try {
      const token = await this.source.token();
      this.told = null;
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
    if (reason !== this.told) this.tell(reason);
    this.told = reason;
  }
}
