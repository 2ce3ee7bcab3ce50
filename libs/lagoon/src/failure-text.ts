import { CallEndedError } from './call-deadline';

/** What broke, as a code or in our own words: a message may quote what was sent or received. */
export function failureText(error: unknown, otherwise: string): string {
  if (error instanceof CallEndedError) return error.message;
  const coded = typeof error === 'object' && error !== null && 'code' in error;
  return coded && typeof error.code === 'string' ? error.code : otherwise;
}
