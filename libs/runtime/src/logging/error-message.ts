import { isNativeError } from 'node:util/types';

/** Also for errors of another realm, for which `instanceof Error` is false (Node's own errors under Jest). */
export function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

export function errorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error);
}

/** What stays the same however its message differs: its code, or else its name. */
export function errorKind(error: unknown): string {
  if (!isError(error)) return typeof error;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
