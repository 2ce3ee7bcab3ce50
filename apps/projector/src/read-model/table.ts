/** How one field of the read model is stored, and how answers show it. */
export interface Column<Value, Shown = Value> {
  /** In SQL, without `not null`. */
  readonly type: 'text' | 'integer' | 'double precision' | 'boolean' | 'jsonb' | 'timestamptz';
  readonly collation: string;
  readonly isNullable: boolean;
  /** As JSON that the database takes for a value of the type. */
  readonly store: (value: Value) => unknown;
  readonly restore: (stored: unknown) => Value;
  readonly show: (value: Value) => Shown;
  /** Stored for the folds and for what is derived; no answer shows it. */
  readonly isHidden?: true;
}

/** A field that follows from the others, and is not stored. */
export interface Computed<View, Value> {
  readonly compute: (view: View) => Value;
}

/** A field of answers that follows from the row, and is worked out for each answer. */
export interface Derived<View, Shown> {
  readonly derive: (view: View) => Shown;
}

type Fields<View, Shown> = {
  readonly [Field in keyof View | keyof Shown]: Field extends keyof View & keyof Shown
    ? Column<View[Field], Shown[Field]> | Computed<View, View[Field]>
    : Field extends keyof View
      ? Column<View[Field]> & { readonly isHidden: true }
      : Field extends keyof Shown
        ? Derived<View, Shown[Field]>
        : never;
};

function plain<Value>(type: Column<Value>['type'], collation = ''): Column<Value> {
  return {
    type,
    collation,
    isNullable: false,
    store: unchanged,
    restore: (stored) => stored as Value,
    show: unchanged,
  };
}

function unchanged<Value>(value: Value): Value {
  return value;
}

/** Milliseconds since 1970 as RFC 3339 with milliseconds. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export const text = <Value extends string = string>() => plain<Value>('text');
/** Ids and cursors compare byte by byte, in every locale. */
export const id = plain<string>('text', 'collate "C"');
export const integer = plain<number>('integer');
export const number = plain<number>('double precision');
export const flag = plain<boolean>('boolean');
export const json = <Value>() => plain<Value>('jsonb');

/** A value that the database only keeps: as text it is written and read at half the cost of jsonb. */
export const sealed = <Value>(): Column<Value> => ({
  ...plain<Value>('text'),
  store: (value) => JSON.stringify(value),
  restore: (stored) => JSON.parse(stored as string) as Value,
});

/** Milliseconds since 1970 for folds, RFC 3339 in answers. */
export const time: Column<number, string> = {
  ...plain<number>('timestamptz'),
  store: isoTime,
  restore: (stored) => (stored as Date).getTime(),
  show: isoTime,
};

export function nullable<Value, Shown>(
  column: Column<Value, Shown>,
): Column<Value | null, Shown | null> {
  const store = (value: Value | null) => (value === null ? null : column.store(value));
  return {
    ...column,
    isNullable: true,
    store: column.store === unchanged ? unchanged : store,
    restore: (stored) => (stored === null ? null : column.restore(stored)),
    show: (value) => (value === null ? null : column.show(value)),
  };
}

export interface TableOptions<Field extends string = string> {
  readonly key: readonly [Field, ...Field[]];
  /** Order of pages; a cursor holds the values of these fields. */
  readonly order: readonly Field[];
  readonly isNewestFirst?: true;
  /** Rows never change once they are written. */
  readonly isAppendOnly?: true;
  /** Holds the id of the instance that a row is about, behind the prefix where there is one. */
  readonly ofInstance?: { readonly field: Field; readonly prefix?: string };
  /** Members of the list query: those that are columns filter it. */
  readonly listedBy?: readonly string[];
  /** Of those, the ones that need no index of their own. */
  readonly unindexed?: readonly Field[];
  /** Fields that pages may be ordered by, which get an index. */
  readonly sortedBy?: readonly Field[];
}

export function hidden<Value>(column: Column<Value>): Column<Value> & { readonly isHidden: true } {
  return { ...column, isHidden: true };
}

/** How a page is ordered; a cursor holds the values of these fields. */
export interface Order {
  readonly fields: readonly string[];
  readonly isDescending: boolean;
}

type Row = Readonly<Record<string, unknown>>;
type AnyColumn = Column<unknown, unknown>;
type AnyField<View> = AnyColumn | Computed<View, unknown> | Derived<View, unknown>;

export interface NamedColumn extends AnyColumn {
  readonly field: string;
  /** In the database: `buildName` → `build_name`. */
  readonly name: string;
}

/** What statements are made from. */
export interface TableShape {
  readonly name: string;
  readonly options: TableOptions;
  readonly columns: readonly NamedColumn[];
  readonly filters: readonly string[];
  readonly order: Order;
  orderBy(sort: string): Order;
  readonly ofInstance: { readonly field: string; readonly prefix: string };
  column(field: string): NamedColumn;
}

/** Rows of one kind: as the folds see them (View), in the database, and in answers (Shown). */
export class Table<View, Shown = unknown> implements TableShape {
  readonly columns: readonly NamedColumn[];
  readonly filters: readonly (keyof View & string)[];
  /** Columns whose values are not stored as they are. */
  private readonly converted: readonly NamedColumn[];
  private readonly computed: readonly (readonly [string, Computed<View, unknown>])[];
  private readonly derived: readonly (readonly [string, Derived<View, unknown>])[];
  private readonly byField: ReadonlyMap<string, NamedColumn>;

  constructor(
    readonly name: string,
    readonly options: TableOptions<keyof View & string>,
    fields: Fields<View, Shown>,
  ) {
    const all = Object.entries(fields) as [string, AnyField<View>][];
    this.columns = all.flatMap(([field, entry]) =>
      'type' in entry ? { ...entry, field, name: nameOf(field) } : [],
    );
    this.converted = this.columns.filter(({ store }) => store !== unchanged);
    this.computed = all.flatMap(([field, entry]) => ('compute' in entry ? [[field, entry]] : []));
    this.derived = all.flatMap(([field, entry]) => ('derive' in entry ? [[field, entry]] : []));
    this.byField = new Map(this.columns.map((column) => [column.field, column]));
    const isColumn = (name: string): name is keyof View & string => this.byField.has(name);
    this.filters = (options.listedBy ?? []).filter(isColumn);
  }

  column(field: keyof View & string): NamedColumn {
    const column = this.byField.get(field);
    if (!column) throw new Error(`${field} of ${this.name} is not stored`);
    return column;
  }

  /**
   * By field, as JSON that the columns take: times as RFC 3339 text. Computed fields stay in, and nobody reads them.
   * One copy is faster than filling a row field by field.
   */
  toJson(view: View): Row {
    const row: Record<string, unknown> = { ...(view as Row) };
    for (const { field, store } of this.converted) row[field] = store(row[field]);
    return row;
  }

  toView(row: Row): View {
    const view: Record<string, unknown> = {};
    for (const { field, name, restore } of this.columns) view[field] = restore(row[name]);
    for (const [field, { compute }] of this.computed) view[field] = compute(view as View);
    return view as View;
  }

  show(view: View): Shown {
    const shown: Record<string, unknown> = Object.assign({}, view);
    for (const { field, show, isHidden } of this.columns) {
      if (isHidden) delete shown[field];
      else shown[field] = show((view as Row)[field]);
    }
    for (const [field, { derive }] of this.derived) shown[field] = derive(view);
    return shown as Shown;
  }

  /** Which instance a row is about. Throws where rows are about none: then nobody may be shown some of them alone. */
  get ofInstance(): { readonly field: keyof View & string; readonly prefix: string } {
    const { ofInstance } = this.options;
    if (ofInstance === undefined) throw new Error(`Rows of ${this.name} are about no instance`);
    return { prefix: '', ...ofInstance };
  }

  get order(): Order {
    const { order, isNewestFirst = false } = this.options;
    return { fields: order, isDescending: isNewestFirst };
  }

  /** By this field, behind `-` the last first, and rows that are equal in it by their key; that of the table if absent. */
  orderBy(sort: string | undefined): Order {
    if (sort === undefined) return this.order;
    const isDescending = sort.startsWith('-');
    const field = isDescending ? sort.slice(1) : sort;
    return { fields: [field, ...this.options.key], isDescending };
  }

  /** Value of the first field of the key. */
  idOf(view: View): string {
    return view[this.options.key[0]] as string;
  }

  /** The filters that a query names. */
  filterOf(query: Partial<View>): Partial<View> {
    const named = this.filters.filter((field) => query[field] !== undefined);
    return Object.fromEntries(named.map((field) => [field, query[field]])) as Partial<View>;
  }
}

function nameOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
