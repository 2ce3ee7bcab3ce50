import { refusal } from '../problems/problem';

const USABLE = /^[\x21-\x7e]{1,255}$/;

/** The key of a command. Throws if it is missing or cannot be one. */
export function requireKey(key: string | undefined): string {
  if (key === undefined || key === '') {
    throw refusal(
      'idempotency-key-missing',
      'Send a header Idempotency-Key: repeating a command with the same key is safe',
    );
  }
  if (USABLE.test(key)) return key;
  throw refusal(
    'idempotency-key-invalid',
    'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces',
  );
}
