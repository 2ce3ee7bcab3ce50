import { QUERY_PROBLEMS } from './query-problems';

/** The sort key of a page's last row, opaque to the caller. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Throws the 400 problem when the text is not a cursor whose parts pass the checks. */
export function decodeCursor<Key extends readonly unknown[]>(
  cursor: string,
  isKey: (key: unknown) => key is Key,
): Key {
  const key = parsed(cursor);
  if (isKey(key)) return key;
  throw QUERY_PROBLEMS.invalid([
    { pointer: '/cursor', detail: 'cursor must be the nextCursor of an earlier page' },
  ]);
}

export function isAgeKey(key: unknown): key is [at: string, id: string] {
  if (!Array.isArray(key) || key.length !== 2) return false;
  const [at, id] = key as unknown[];
  return typeof at === 'string' && typeof id === 'string' && !Number.isNaN(Date.parse(at));
}

export function isRevisionKey(key: unknown): key is [revision: number] {
  return Array.isArray(key) && key.length === 1 && Number.isSafeInteger(key[0]);
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
