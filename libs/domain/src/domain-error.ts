/** A broken rule. Only the code and the fields cross a process border. */
export abstract class DomainError extends Error {
  abstract readonly code: string;
}
