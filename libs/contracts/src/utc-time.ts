export const UTC_TIME = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;
export const UTC_TIME_RULE = 'must be a time in UTC such as 2026-03-01T10:00:00Z';

/** A moment in UTC, RFC 3339, that the calendar and a database have. */
export function isUtcTime(value: unknown): boolean {
  if (typeof value !== 'string' || !UTC_TIME.test(value)) return false;
  const at = Date.parse(value);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value.slice(0, 19));
}
