const UNSTORABLE = /\\u(0000|d[89a-f])/i;
const REPLACEMENT = '\ufffd';
const NUL_OR_LONE_SURROGATE =
  /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** JSON that PostgreSQL takes: it has no place for NUL and half characters, which become U+FFFD. */
export function toStorableJson(rows: unknown): string {
  const json = JSON.stringify(rows);
  return UNSTORABLE.test(json) ? JSON.stringify(rows, cleaned) : json;
}

function cleaned(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(NUL_OR_LONE_SURROGATE, REPLACEMENT) : value;
}
