/** Where the bearer token for one Lagoon core comes from. */
export interface LagoonTokenSource {
  /** A token that is believed to be valid. Rejects if none can be had; the text never holds a token. */
  token(): Promise<string>;

  /** Lagoon did not accept this token. */
  rejected(token: string): void;
}
