import { refusal } from '@uplift/contracts';
import type { NamedColumn, Table } from '../read-model/table';

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** `views` holds one more than the page if there is a next page. */
export function toPage<View, Shown>(
  table: Table<View, Shown>,
  views: readonly View[],
  limit: number,
): Page<Shown> {
  const items = views.slice(0, limit);
  const last = items.at(-1);
  const hasMore = views.length > limit && last !== undefined;
  return {
    items: items.map((view) => table.show(view)),
    nextCursor: hasMore ? cursorAfter(table, last) : null,
  };
}

/** The fields that order the table, of a page's last row; opaque to the caller. */
export function cursorAfter<View>(table: Table<View>, last: View): string {
  const key = table.options.order.map((field) => table.column(field).show(last[field]));
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Throws the problem `invalid-query` when the text is no cursor of this table. */
export function readCursor<View>(
  table: Table<View>,
  cursor: string | undefined,
): readonly unknown[] | undefined {
  if (cursor === undefined) return undefined;
  const parts = parsed(cursor);
  const columns = table.options.order.map((field) => table.column(field));
  const values = columns.map((column, n) => valueOf(column, parts[n]));
  if (parts.length === columns.length && !values.includes(undefined)) return values;
  const detail = 'cursor must be the nextCursor of an earlier page';
  throw refusal('invalid-query', detail, { errors: [{ pointer: '/cursor', detail }] });
}

function parsed(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** Undefined if the column cannot hold it. */
function valueOf({ type }: NamedColumn, shown: unknown): unknown {
  if (type === 'integer') return isInt32(shown) ? shown : undefined;
  if (typeof shown !== 'string' || shown.includes('\0')) return undefined;
  return type === 'timestamptz' ? timeOf(shown) : shown;
}

function timeOf(shown: string): number | undefined {
  const at = TIME.test(shown) ? Date.parse(shown) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && value === (value | 0);
}
