import type { LogRecord } from '../log/log-record';

export type RecordFilter = (record: LogRecord) => boolean;

export interface FilterExpression {
  readonly regex: string;
  readonly prefixes: readonly string[];
}

/** Prefixes win over an empty regex. Throws a SyntaxError for a regex that does not compile. */
export function filterOn(field: 'stream' | 'type', expression: FilterExpression): RecordFilter {
  const { prefixes } = expression;
  if (prefixes.length > 0) {
    return (record) => prefixes.some((prefix) => record[field].startsWith(prefix));
  }
  const regex = new RegExp(expression.regex);
  return (record) => regex.test(record[field]);
}
