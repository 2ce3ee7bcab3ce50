/** No token can be had. The text never holds a token, nor what a command wrote. */
export class LagoonTokenError extends Error {
  readonly code = 'lagoon-token';

  constructor(detail: string) {
    super(`No token for Lagoon: ${detail}`);
    this.name = 'LagoonTokenError';
  }
}
