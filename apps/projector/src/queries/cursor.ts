import type { ProblemError } from '@uplift/contracts';
import { invalidInput, refusal } from '@uplift/contracts';
import type { NamedColumn, Table } from '../read-model/table';

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Where a page ends, whichever comes first. */
export interface PageBounds {
  readonly limit: number;
  /** Most bytes of all items together, as JSON. */
  readonly maxBytes: number;
}

/** `views` holds one more than the page if there is a next page. Throws the problem `answer-too-large`. */
export function toPage<View, Shown>(
  table: Table<View, Shown>,
  views: readonly View[],
  { limit, maxBytes }: PageBounds,
): Page<Shown> {
  const shown = views.slice(0, limit).map((view) => table.show(view));
  const items = startingWithin(shown, maxBytes);
  const [first] = views;
  if (items.length === 0 && first !== undefined) throw rowTooLarge(table, first, maxBytes);
  const last = views[items.length - 1];
  const hasMore = views.length > items.length && last !== undefined;
  return { items, nextCursor: hasMore ? cursorAfter(table, last) : null };
}

/** The first items, as many as fit. */
function startingWithin<Item>(items: readonly Item[], maxBytes: number): readonly Item[] {
  if (bytesOf(items) <= maxBytes) return items;
  // Two brackets, and a comma before every item but the first.
  let bytes = 1;
  const end = items.findIndex((item) => (bytes += bytesOf(item) + 1) > maxBytes);
  return end < 0 ? items : items.slice(0, end);
}

export function bytesOf(shown: unknown): number {
  return Buffer.byteLength(JSON.stringify(shown));
}

function rowTooLarge<View>(table: Table<View>, row: View, maxBytes: number): ProblemError {
  const key = table.options.order.map(
    (field) => `${field} ${String(table.column(field).show(row[field]))}`,
  );
  return refusal(
    'answer-too-large',
    `The row of ${table.name} with ${key.join(', ')} alone has ${bytesOf(table.show(row))} bytes, and an answer over the bus has room for ${maxBytes}: raise max_payload of the NATS server`,
  );
}

/** The fields that order the table, of a page's last row; opaque to the caller. */
export function cursorAfter<View>(table: Table<View>, last: View): string {
  const key = table.options.order.map((field) => table.column(field).show(last[field]));
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Throws the problem `invalid-input` when the text is no cursor of this table. */
export function readCursor<View>(
  table: Table<View>,
  cursor: string | undefined,
): readonly unknown[] | undefined {
  if (cursor === undefined) return undefined;
  const parts = parsed(cursor);
  const columns = table.options.order.map((field) => table.column(field));
  const values = columns.map((column, n) => valueOf(column, parts[n]));
  if (parts.length === columns.length && !values.includes(undefined)) return values;
  const detail = 'must be the nextCursor of an earlier page';
  throw invalidInput([{ pointer: '/cursor', detail }]);
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
