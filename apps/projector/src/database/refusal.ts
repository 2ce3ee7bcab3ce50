/** SQLSTATE classes: data exception, integrity violation, program limit exceeded. */
const REFUSED = /^(22|23|54)/;

/** True when the database will never take these rows, however often it is asked. */
export function isRefusal(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && REFUSED.test(error.code);
}
