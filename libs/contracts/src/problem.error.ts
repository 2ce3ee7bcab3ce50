import type { ProblemDetails } from './problem-details';

/** An error whose problem document is safe to show to the caller as it is. */
export class ProblemError extends Error {
  constructor(
    readonly problem: ProblemDetails,
    options?: ErrorOptions,
  ) {
    super(`${problem.title}: ${problem.detail}`, options);
    this.name = 'ProblemError';
  }
}

export function isProblemDetails(value: unknown): value is ProblemDetails {
  if (typeof value !== 'object' || value === null) return false;
  const { type, title, status, detail, code } = value as Record<string, unknown>;
  const texts = [type, title, detail, code];
  return texts.every((text) => typeof text === 'string') && Number.isInteger(status);
}
