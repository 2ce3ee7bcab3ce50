import type { ProblemError } from '@uplift/contracts';
import { invalidInput, isUtcTime, refusal } from '@uplift/contracts';
import type { NamedColumn, Order, Table } from '../read-model/table';

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** What a page shows of its rows, and where it ends: whichever comes first. */
export interface PageOptions<View, Shown> {
  readonly limit: number;
  /** Most bytes of all items together, as JSON. */
  readonly maxBytes: number;
  /** That of the table if absent. */
  readonly order?: Order;
  readonly show: (view: View) => Shown;
}

/** `views` holds one more than the page if there is a next page. Throws the problem `answer-too-large`. */
export function toPage<View, Shown>(
  table: Table<View>,
  views: readonly View[],
  { limit, maxBytes, order, show }: PageOptions<View, Shown>,
): Page<Shown> {
  const shown = views.slice(0, limit).map(show);
  const items = startingWithin(shown, maxBytes);
  const [first] = views;
  if (items.length === 0 && first !== undefined) {
    throw rowTooLarge(table, first, { bytes: bytesOf(shown[0]), maxBytes });
  }
  const last = views[items.length - 1];
  const hasMore = views.length > items.length && last !== undefined;
  return { items, nextCursor: hasMore ? cursorAfter(table, last, order) : null };
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

function rowTooLarge<View>(
  table: Table<View>,
  row: View,
  { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number },
): ProblemError {
  const key = table.options.order.map(
    (field) => `${field} ${String(table.column(field).show(row[field]))}`,
  );
  return refusal(
    'answer-too-large',
    `The row of ${table.name} with ${key.join(', ')} alone has ${bytes} bytes, and an answer over the bus has room for ${maxBytes}: raise max_payload of the NATS server`,
  );
}

/** The fields that order the list, of a page's last row; opaque to the caller. */
export function cursorAfter<View>(table: Table<View>, last: View, order = table.order): string {
  const columns = columnsOf(table, order);
  const key = columns.map(({ field, show }) => show(last[field as keyof View]));
  return Buffer.from(JSON.stringify([...key, ...marksOf(table, order)])).toString('base64url');
}

/** Throws the problem `invalid-input` when the text is no cursor of this table in this order. */
export function readCursor<View>(
  table: Table<View>,
  cursor: string | undefined,
  order = table.order,
): readonly unknown[] | undefined {
  if (cursor === undefined) return undefined;
  const parts = parsed(cursor);
  const columns = columnsOf(table, order);
  const values = columns.map((column, n) => valueOf(column, parts[n]));
  const marks = JSON.stringify(parts.slice(columns.length));
  const isOfOrder = marks === JSON.stringify(marksOf(table, order));
  if (isOfOrder && !values.includes(undefined)) return values;
  const detail = 'must be the nextCursor of an earlier page in the same order';
  throw invalidInput([{ pointer: '/cursor', detail }]);
}

function columnsOf<View>(table: Table<View>, { fields }: Order): readonly NamedColumn[] {
  return fields.map((field) => table.column(field as keyof View & string));
}

/** What tells the cursors of one order from those of another; of the table's own order nothing. */
function marksOf<View>(table: Table<View>, { fields, isDescending }: Order): readonly string[] {
  const { order } = table;
  const isOwn = isDescending === order.isDescending && fields.join() === order.fields.join();
  return isOwn ? [] : [`${isDescending ? '-' : ''}${fields[0] ?? ''}`];
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
function valueOf({ type, isNullable }: NamedColumn, shown: unknown): unknown {
  if (shown === null) return isNullable ? null : undefined;
  if (type === 'integer') return isInt32(shown) ? shown : undefined;
  if (typeof shown !== 'string' || shown.includes('\0')) return undefined;
  return type === 'timestamptz' ? timeOf(shown) : shown;
}

function timeOf(shown: string): number | undefined {
  return isUtcTime(shown) ? Date.parse(shown) : undefined;
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && value === (value | 0);
}
