type ColumnType = 'text' | 'integer' | 'double precision' | 'boolean' | 'jsonb' | 'timestamptz';

/** A row as JSON: times as RFC 3339 text, the rest as it is. */
export type JsonRow<Table> = {
  readonly [Column in keyof Table]: Table[Column] extends Date
    ? string
    : Table[Column] extends Date | null
      ? string | null
      : Table[Column];
};

/** How one kind of view is kept in its table. */
export interface RowSet<View, Table> {
  readonly table: string;
  readonly key: readonly (keyof Table & string)[];
  readonly columns: { readonly [Column in keyof Table & string]: ColumnType };
  readonly toRow: (view: View) => JsonRow<Table>;
}
