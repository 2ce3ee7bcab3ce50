/** A process cannot start with these settings. The message is made for a person: one problem per line. */
export class ConfigurationError extends Error {
  readonly code = 'configuration-invalid';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
