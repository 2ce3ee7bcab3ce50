import { isNativeError } from 'node:util/types';

/** Also for errors of another realm, for which `instanceof Error` is false (Node's own errors under Jest). */
export function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

export function errorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error);
}
